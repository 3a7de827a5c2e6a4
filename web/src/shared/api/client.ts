/** The one way to the server: typed by its OpenAPI document, with the session's cookie and one kind of error. */
import createClient from "openapi-fetch";
import type { paths } from "./schema";

/** Shown with every request that changes something: another site's page can't set it. */
export const OWN = { "X-Modelport-App": "web" } as const;

export class ApiError extends Error {
  readonly status: number;
  readonly metadata: Record<string, unknown>;
  readonly retryAfter: number | null;

  constructor(
    status: number,
    message: string,
    metadata: Record<string, unknown> = {},
    retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.metadata = metadata;
    this.retryAfter = retryAfter;
  }
}

/** The server could not be reached at all. */
export class Offline extends Error {
  override name = "Offline";
}

/** The reader closed a dialog that asked for more: nothing was changed, and nothing needs to be said. */
export class Declined extends Error {
  override name = "Declined";
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Offline("The server can't be reached.");
  }
}

/** An error's object in an answer. */
interface Told {
  message?: string;
  metadata?: Record<string, unknown>;
  /** Beside the metadata, where a model can't be had. */
  availability?: unknown;
}

/** What the server says of an error, where its answer is one of ours: a proxy's page tells by its status only. */
export function apiError(status: number, body: unknown, { headers, statusText }: Response): ApiError {
  const told = (body as { error?: Told } | undefined)?.error;
  const retry = Number(headers.get("retry-after"));
  return new ApiError(
    status,
    told?.message ?? statusText,
    { ...told?.metadata, ...(told?.availability ? { availability: told.availability } : {}) },
    Number.isFinite(retry) && retry > 0 ? retry : null,
  );
}

export async function readError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  return apiError(response.status, body, response);
}

export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: send, headers: OWN });

/** What a call gave; throws `ApiError` or `Offline`. */
export async function taken<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw apiError(response.status, error, response);
  return data as T;
}

type Query = Record<string, string | number | boolean | null | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Raw {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  text?: string;
  query?: Query;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** For addresses whose bodies the OpenAPI document does not describe, such as catalogue files. Throws as `taken` does. */
export async function request(
  method: Method,
  path: string,
  { body, text, query, headers, signal }: Raw = {},
): Promise<Response> {
  const url = new URL(path, window.location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const all: Record<string, string> = { ...OWN, accept: "application/json", ...headers };
  if (body !== undefined) all["content-type"] = "application/json";
  else if (text !== undefined) all["content-type"] = "text/plain;charset=utf-8";
  const response = await send(
    new Request(url, {
      method,
      headers: all,
      body: body === undefined ? text : JSON.stringify(body),
      signal,
    }),
  );
  if (!response.ok) throw await readError(response);
  return response;
}

/** The same, with its answer read as JSON. */
export async function call<T>(method: Method, path: string, raw: Raw = {}): Promise<T> {
  const text = await (await request(method, path, raw)).text();
  return (text ? JSON.parse(text) : undefined) as T;
}
