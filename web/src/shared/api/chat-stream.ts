/** A streamed chat completion from the public API, as every client gets it: the one place that asks for one. */
import { readEvents } from "@/shared/lib/event-stream";
import { ApiError, Offline, OWN, readError } from "./client";

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
  error?: { code?: number | string; message?: string };
}

/** Why there is no answer, as it is kept: a status of 0 is no connection, a negative one a fault of ours. */
export interface ChatFault {
  status: number;
  message: string;
  retryAfter: number | null;
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
  for await (const data of readEvents(response.body)) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data) as ChatChunk;
    if (chunk.error) throw new ApiError(Number(chunk.error.code) || 502, chunk.error.message ?? "");
    yield chunk;
  }
  // A stream that ends without saying so was cut.
  throw new Offline("The connection broke before the answer was whole.");
}

export function faultOf(error: unknown): ChatFault {
  if (error instanceof ApiError)
    return { status: error.status, message: error.message, retryAfter: error.retryAfter };
  if (error instanceof Offline) return { status: 0, message: error.message, retryAfter: null };
  return { status: -1, message: error instanceof Error ? error.message : String(error), retryAfter: null };
}
