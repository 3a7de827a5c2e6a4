/** All of it, or one room, as a file; and back. What comes in is looked at field by field: a file can be anything. */
import { store } from "./store";
import { type Answer, newId, type Room, type Turn } from "./types";

const FORMAT = "modelport-chat";
const VERSION = 1;

interface Bundle {
  format: typeof FORMAT;
  version: number;
  rooms: Room[];
  turns: Turn[];
  answers: Answer[];
}

export class NotABundle extends Error {}

export async function exportRooms(roomId?: string): Promise<Blob> {
  const rooms = roomId ? await store.rooms.where("id").equals(roomId).toArray() : await store.rooms.toArray();
  const turns = roomId
    ? await store.turns.where("roomId").equals(roomId).toArray()
    : await store.turns.toArray();
  const answers = roomId
    ? await store.answers.where("roomId").equals(roomId).toArray()
    : await store.answers.toArray();
  const bundle: Bundle = { format: FORMAT, version: VERSION, rooms, turns, answers };
  return new Blob([JSON.stringify(bundle, null, 1)], { type: "application/json" });
}

/** Adds the rooms of a file beside those there are; returns how many. Raises `NotABundle`. */
export async function importRooms(text: string): Promise<number> {
  const bundle = readBundle(text);
  const ids = new Map<string, string>();
  const renamed = (id: string) => {
    const found = ids.get(id) ?? newId();
    ids.set(id, found);
    return found;
  };
  const rooms = bundle.rooms.map((room) => ({
    ...room,
    id: renamed(room.id),
    leaf: room.leaf === null ? null : renamed(room.leaf),
  }));
  const turns = bundle.turns.map((turn) => ({
    ...turn,
    id: renamed(turn.id),
    roomId: renamed(turn.roomId),
    parentId: turn.parentId === null ? null : renamed(turn.parentId),
  }));
  const answers = bundle.answers.map((answer) => ({
    ...answer,
    id: renamed(answer.id),
    roomId: renamed(answer.roomId),
    turnId: renamed(answer.turnId),
  }));
  await store.transaction("rw", store.rooms, store.turns, store.answers, async () => {
    await store.rooms.bulkAdd(rooms);
    await store.turns.bulkAdd(turns);
    await store.answers.bulkAdd(answers);
  });
  return rooms.length;
}

function readBundle(text: string): Bundle {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new NotABundle();
  }
  const bundle = found as Partial<Bundle> | null;
  const whole =
    bundle?.format === FORMAT &&
    bundle.version === VERSION &&
    all(bundle.rooms, isRoom) &&
    all(bundle.turns, isTurn) &&
    all(bundle.answers, isAnswer);
  if (!whole) throw new NotABundle();
  return bundle as Bundle;
}

function all(list: unknown, good: (item: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === "object" && item !== null && good(item));
}

const has = (item: Record<string, unknown>, type: string, ...names: string[]) =>
  names.every((name) => typeof item[name] === type);

const isRoom = (item: Record<string, unknown>) =>
  has(item, "string", "id", "title", "system") &&
  has(item, "number", "createdAt", "updatedAt") &&
  all(item.slots, (slot) => has(slot, "string", "id", "model") && has(slot, "object", "parameters"));

const isTurn = (item: Record<string, unknown>) =>
  has(item, "string", "id", "roomId", "text") &&
  // Only inlined data: a file must not make this page ask other addresses.
  all(
    item.attachments,
    (each) => has(each, "string", "name", "type", "data") && String(each.data).startsWith("data:"),
  );

const isAnswer = (item: Record<string, unknown>) =>
  has(item, "string", "id", "roomId", "turnId", "slotId", "model", "text", "reasoning", "state") &&
  has(item, "object", "figures");
