/** A turn's request as the public API takes it: the branch so far, as one model saw it. */
import { textOf } from "./attachments";
import type { RoomState } from "./room-state";
import type { Answer, Attachment, Slot, Turn } from "./types";

type Part =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string } }
  | { type: "file"; file: { filename: string; file_data: string } };

interface Message {
  role: "system" | "user" | "assistant";
  content: string | Part[];
}

export interface ChatRequest {
  model: string;
  messages: Message[];
  stream: true;
  stream_options: { include_usage: true };
  usage: { include: true };
  [parameter: string]: unknown;
}

export function requestFor(state: RoomState, turn: Turn, slot: Slot): ChatRequest {
  const messages: Message[] = [];
  const system = slot.system?.trim() || state.room.system.trim();
  if (system) messages.push({ role: "system", content: system });
  for (const each of state.path(turn.id)) {
    messages.push({ role: "user", content: content(each) });
    if (each.id === turn.id) break;
    const answer = answerToGoOn(state, each, slot);
    if (answer) messages.push({ role: "assistant", content: answer.text });
  }
  const { reasoning, providers, ...parameters } = slot.parameters;
  return {
    model: slot.model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    usage: { include: true },
    ...parameters,
    ...(reasoning && { reasoning: { effort: reasoning } }),
    ...(providers?.length && { provider: { order: providers, allow_fallbacks: false } }),
  };
}

/** A model goes on from its own words; one that joined later, from what another one said. */
function answerToGoOn(state: RoomState, turn: Turn, slot: Slot): Answer | undefined {
  const said = (answer: Answer) => answer.text !== "";
  return state.answersOf(turn.id, slot.id).findLast(said) ?? state.answersOf(turn.id).find(said);
}

function content(turn: Turn): string | Part[] {
  if (turn.attachments.length === 0) return turn.text;
  return [{ type: "text", text: turn.text }, ...turn.attachments.map(part)];
}

function part(attachment: Attachment): Part {
  if (attachment.type.startsWith("image/")) return { type: "image_url", image_url: { url: attachment.data } };
  if (attachment.type === "text/plain") {
    return { type: "text", text: `\n\nFile "${attachment.name}":\n\n${textOf(attachment)}` };
  }
  return { type: "file", file: { filename: attachment.name, file_data: attachment.data } };
}
