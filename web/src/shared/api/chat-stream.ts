/** A streamed chat completion from the public API, as every client gets it: the one place that asks for one. */
import { readEvents } from "@/shared/lib/event-stream";
import { ApiError, apiError, Offline, OWN, readError } from "./client";

export interface ChatChunk {
  id?: string;
  provider?: string;
  choices?: {
    delta?: { content?: string | null; reasoning?: string | null };
    finish_reason?: string | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    cost?: number;
    completion_tokens_details?: { reasoning_tokens?: number };
  };
  error?: { code?: number | string; message?: string; metadata?: Record<string, unknown> };
}

/** Why there is no answer, as it is kept: a status of 0 is no connection, a negative one a fault of ours. */
export interface ChatFault {
  status: number;
  message: string;
  retryAfter: number | null;
  /** The server's words for programs; left out in what older versions kept. */
  metadata?: Record<string, unknown>;
}

/** Yields what comes. Raises `ApiError`, `Offline`, or the signal's own error. */
export async function* streamChat(
  body: unknown,
  signal: AbortSignal,
  head?: (headers: Headers) => void,
): AsyncGenerator<ChatChunk> {
  let response: Response;
  try {
    response = await fetch("/api/v1/chat/completions", {
      method: "POST",
      signal,
      headers: { ...OWN, "content-type": "application/json", "x-title": "Modelport Chat" },
      body: JSON.stringify(body),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Offline("The server can't be reached.");
  }
  head?.(response.headers);
  if (!response.ok) throw await readError(response);
  if (!response.body) throw new Offline("The answer has no body.");
  for await (const data of whole(readEvents(response.body), signal)) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data) as ChatChunk;
    if (chunk.error) throw apiError(Number(chunk.error.code) || 502, chunk, response);
    yield chunk;
  }
  throw new Offline(CUT);
}

const CUT = "The connection broke before the answer was whole.";

/** A stream that ends without saying so was cut; so was one that a browser can't read on, which it calls a type error. */
async function* whole(events: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield* events;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Offline(CUT);
  }
}

export function faultOf(error: unknown): ChatFault {
  if (error instanceof ApiError) {
    const { status, message, retryAfter, metadata } = error;
    return { status, message, retryAfter, metadata };
  }
  if (error instanceof Offline) return { status: 0, message: error.message, retryAfter: null };
  return { status: -1, message: error instanceof Error ? error.message : String(error), retryAfter: null };
}

/** The error that was kept. */
export function errorOf({ status, message, retryAfter, metadata }: ChatFault): Error {
  if (status === 0) return new Offline(message);
  return status > 0 ? new ApiError(status, message, metadata ?? {}, retryAfter) : new Error(message);
}
