/** What a conversation is made of. A room is a tree of turns: a prompt, and each model's answers to it. */
import type { ChatFault } from "@/shared/api/chat-stream";

export interface Parameters {
  temperature?: number;
  top_p?: number;
  max_tokens?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  seed?: number;
  reasoning?: "low" | "medium" | "high";
  /** Slugs of the providers that may answer, the first one first. */
  providers?: string[];
}

/** A model's place in a room: its column of answers. */
export interface Slot {
  id: string;
  model: string;
  on: boolean;
  system?: string;
  parameters: Parameters;
}

export interface Room {
  id: string;
  title: string;
  pinned: boolean;
  createdAt: number;
  updatedAt: number;
  system: string;
  slots: Slot[];
  /** The last turn of the branch that is shown. */
  leaf: string | null;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
  /** A `data:` address. */
  data: string;
}

export interface Turn {
  id: string;
  roomId: string;
  parentId: string | null;
  text: string;
  attachments: Attachment[];
  createdAt: number;
}

/** What an answer took and cost; times in milliseconds as this browser saw them. */
export interface Figures {
  firstToken?: number;
  total?: number;
  promptTokens?: number;
  completionTokens?: number;
  reasoningTokens?: number;
  cost?: number;
}

export type Fault = ChatFault;

export interface Answer {
  id: string;
  roomId: string;
  turnId: string;
  slotId: string;
  model: string;
  text: string;
  reasoning: string;
  state: "streaming" | "done" | "stopped" | "failed";
  finish?: string;
  fault?: Fault;
  provider?: string;
  generationId?: string;
  figures: Figures;
  createdAt: number;
}

export function newId(): string {
  return crypto.randomUUID();
}
