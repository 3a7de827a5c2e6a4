/** What one does in a room: ask, ask again, edit, branch off. */
import { requestFor } from "./request";
import { newRoom, RoomState } from "./room-state";
import { store } from "./store";
import { stopAll, streamAnswer } from "./stream";
import { type Answer, type Attachment, newId, type Room, type Slot, type Turn } from "./types";

const TITLE_MOST = 60;

export function activeSlots(room: Room): Slot[] {
  return room.slots.filter((slot) => slot.on);
}

/** Asks every model that is switched on. After `parentId`, else at the end of what is shown. */
export function ask(
  state: RoomState,
  text: string,
  attachments: Attachment[],
  parentId?: string | null,
): void {
  const turn: Turn = {
    id: newId(),
    roomId: state.room.id,
    parentId: parentId === undefined ? state.room.leaf : parentId,
    text,
    attachments,
    createdAt: Date.now(),
  };
  state.addTurn(turn);
  if (!state.room.title) state.changeRoom({ title: titleFrom(text) });
  for (const slot of activeSlots(state.room)) answer(state, turn, slot);
}

export function answer(state: RoomState, turn: Turn, slot: Slot): void {
  const made: Answer = {
    id: newId(),
    roomId: state.room.id,
    turnId: turn.id,
    slotId: slot.id,
    model: slot.model,
    text: "",
    reasoning: "",
    state: "streaming",
    figures: {},
    createdAt: Date.now(),
  };
  state.addAnswer(made);
  // The request tells the model everything said before.
  void state.whole.then(() => streamAnswer(state, made.id, requestFor(state, turn, slot)));
}

/** The edited prompt begins a branch of its own beside the old one. */
export function edit(state: RoomState, turn: Turn, text: string): void {
  stopAll(state);
  ask(state, text, turn.attachments, turn.parentId);
}

/** A new room with everything up to this turn; returns its id. */
export async function branchOff(state: RoomState, turn: Turn): Promise<string> {
  await state.whole;
  const room: Room = {
    ...newRoom([]),
    title: state.room.title,
    system: state.room.system,
    slots: state.room.slots.map((slot) => ({ ...slot })),
  };
  const turns: Turn[] = [];
  const answers: Answer[] = [];
  let parentId: string | null = null;
  for (const each of state.path(turn.id)) {
    const id = newId();
    turns.push({ ...each, id, roomId: room.id, parentId });
    for (const said of state.answersOf(each.id)) {
      if (said.state !== "streaming") answers.push({ ...said, id: newId(), roomId: room.id, turnId: id });
    }
    parentId = id;
  }
  room.leaf = parentId;
  await store.transaction("rw", store.rooms, store.turns, store.answers, async () => {
    await store.rooms.add(room);
    await store.turns.bulkAdd(turns);
    await store.answers.bulkAdd(answers);
  });
  return room.id;
}

/** A room that is written down once something is asked in it. */
export function draftRoom(models: string[]): RoomState {
  return new RoomState(newRoom(models), [], [], false);
}

function titleFrom(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line.length > TITLE_MOST ? `${line.slice(0, TITLE_MOST).trimEnd()}…` : line;
}
