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

export async function readError(response: Response): Promise<ApiError> {
  let message = response.statusText;
  let metadata: Record<string, unknown> = {};
  try {
    const body = (await response.json()) as {
      error?: { message?: string; metadata?: Record<string, unknown> };
    };
    message = body.error?.message ?? message;
    metadata = body.error?.metadata ?? {};
  } catch {
    // No JSON: a proxy's page, say. The status tells enough.
  }
  const retry = Number(response.headers.get("retry-after"));
  return new ApiError(response.status, message, metadata, Number.isFinite(retry) && retry > 0 ? retry : null);
}

export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: send, headers: OWN });

/** What a call gave; throws `ApiError` or `Offline`. */
export async function taken<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) {
    const told = error as { error?: { message?: string; metadata?: Record<string, unknown> } } | undefined;
    const retry = Number(response.headers.get("retry-after"));
    throw new ApiError(
      response.status,
      told?.error?.message ?? response.statusText,
      told?.error?.metadata ?? {},
      Number.isFinite(retry) && retry > 0 ? retry : null,
    );
  }
  return data as T;
}

type Query = Record<string, string | number | boolean | null | undefined>;

/** For addresses the OpenAPI document leaves out: the app's own, under `/api/app` and `/api/admin`. */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { body, query, signal }: { body?: unknown; query?: Query; signal?: AbortSignal } = {},
): Promise<T> {
  const url = new URL(path, window.location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const headers: Record<string, string> = { ...OWN, accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await send(
    new Request(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    }),
  );
  if (!response.ok) throw await readError(response);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}
