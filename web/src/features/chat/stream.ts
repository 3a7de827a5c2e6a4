/** One answer on its way: sends the request, reads the stream, and shows what came many times a second. */
import { type ChatChunk, faultOf, streamChat } from "@/shared/api/chat-stream";
import { showNever, showSoon } from "@/shared/lib/frames";
import type { ChatRequest } from "./request";
import type { RoomState } from "./room-state";
import type { Fault, Figures } from "./types";

const running = new Map<string, AbortController>();
/** How often what has come is written to disk while it streams. */
const KEEP_MS = 2000;

export function stopAnswer(id: string): void {
  running.get(id)?.abort();
}

export function stopAll(state: RoomState): void {
  for (const answer of state.streaming) stopAnswer(answer.id);
}

export async function streamAnswer(state: RoomState, answerId: string, request: ChatRequest): Promise<void> {
  const abort = new AbortController();
  running.set(answerId, abort);
  const sink = new Sink(state, answerId);
  try {
    const chunks = streamChat(request, abort.signal, (headers) => sink.head(headers));
    for await (const chunk of chunks) sink.take(chunk);
    sink.end({ state: "done" });
  } catch (error) {
    if (abort.signal.aborted) sink.end({ state: "stopped" });
    else sink.end({ state: "failed", fault: faultOf(error) });
  } finally {
    running.delete(answerId);
  }
}

/** Gathers what comes; the page sees it many times a second, the disk every few seconds. */
class Sink {
  private text: string;
  private reasoning: string;
  private finish: string | undefined;
  private provider: string | undefined;
  private generationId: string | undefined;
  private readonly figures: Figures = {};
  private readonly began = performance.now();
  private kept = performance.now();

  constructor(
    private readonly state: RoomState,
    private readonly id: string,
  ) {
    const answer = state.answers.get(id);
    this.text = answer?.text ?? "";
    this.reasoning = answer?.reasoning ?? "";
  }

  head(headers: Headers): void {
    this.generationId = headers.get("x-generation-id") ?? undefined;
    this.provider = headers.get("x-provider-name") ?? undefined;
  }

  take(chunk: ChatChunk): void {
    this.provider ??= chunk.provider;
    this.generationId ??= chunk.id;
    const choice = chunk.choices?.[0];
    const { content, reasoning } = choice?.delta ?? {};
    if ((content || reasoning) && this.figures.firstToken === undefined) {
      this.figures.firstToken = Math.round(performance.now() - this.began);
    }
    if (content) this.text += content;
    if (reasoning) this.reasoning += reasoning;
    if (choice?.finish_reason) this.finish = choice.finish_reason;
    if (chunk.usage) {
      this.figures.promptTokens = chunk.usage.prompt_tokens;
      this.figures.completionTokens = chunk.usage.completion_tokens;
      this.figures.reasoningTokens = chunk.usage.completion_tokens_details?.reasoning_tokens;
      this.figures.cost = chunk.usage.cost;
    }
    // A hidden tab draws no frames, and its stream must not wait for one.
    if (document.hidden) this.show();
    else showSoon(this.show);
  }

  end(part: { state: "done" | "stopped" | "failed"; fault?: Fault }): void {
    showNever(this.show);
    this.figures.total = Math.round(performance.now() - this.began);
    this.state.changeAnswer(this.id, { ...this.gathered(), ...part });
  }

  private readonly show = (): void => {
    const keep = performance.now() - this.kept > KEEP_MS;
    if (keep) this.kept = performance.now();
    this.state.changeAnswer(this.id, this.gathered(), keep);
  };

  private gathered() {
    return {
      text: this.text,
      reasoning: this.reasoning,
      finish: this.finish,
      provider: this.provider,
      generationId: this.generationId,
      figures: { ...this.figures },
    };
  }
}
