/** Conversations in this browser: rooms, turns and answers in IndexedDB. Nothing of them is kept on the server. */
import Dexie, { liveQuery, type Table } from "dexie";
import { useEffect, useState } from "react";
import type { Answer, Room, Turn } from "./types";

class Conversations extends Dexie {
  rooms!: Table<Room, string>;
  turns!: Table<Turn, string>;
  answers!: Table<Answer, string>;

  constructor() {
    super("modelport-chat");
    this.version(1).stores({ rooms: "id, updatedAt", turns: "id, roomId", answers: "id, roomId, turnId" });
    this.version(2).stores({
      turns: "id, roomId, [roomId+createdAt]",
      answers: "id, roomId, turnId, [roomId+createdAt]",
    });
  }
}

export const store = new Conversations();

type Kept = Turn | Answer;

/** The newest of a room's turns or answers up to a moment, the oldest of them first. */
export async function newestBefore<T extends Kept>(
  table: Table<T, string>,
  roomId: string,
  before: number,
  most: number,
): Promise<T[]> {
  const found = await table
    .where("[roomId+createdAt]")
    .between([roomId, 0], [roomId, before], true, true)
    .reverse()
    .limit(most)
    .toArray();
  return found.reverse();
}

/** Every room, those last used first; kept up to date, across tabs too. Undefined until they are read. */
export function useRooms(): Room[] | undefined {
  const [rooms, setRooms] = useState<Room[]>();
  useEffect(() => {
    const watch = liveQuery(() => store.rooms.orderBy("updatedAt").reverse().toArray()).subscribe({
      next: setRooms,
      error: () => setRooms([]),
    });
    return () => watch.unsubscribe();
  }, []);
  return rooms;
}

export async function deleteRoom(id: string): Promise<void> {
  await store.transaction("rw", store.rooms, store.turns, store.answers, async () => {
    await store.rooms.delete(id);
    await store.turns.where("roomId").equals(id).delete();
    await store.answers.where("roomId").equals(id).delete();
  });
}

/** Rooms whose title or text has every word; by looking at all of it, which is quick enough for what one person writes. */
export async function searchRooms(words: string[]): Promise<Set<string>> {
  const texts = new Map<string, string>();
  const add = (id: string, text: string) => texts.set(id, `${texts.get(id) ?? ""}\n${text.toLowerCase()}`);
  await store.rooms.each((room) => add(room.id, room.title));
  await store.turns.each((turn) => add(turn.roomId, turn.text));
  await store.answers.each((answer) => add(answer.roomId, answer.text));
  return new Set(
    [...texts].filter(([, text]) => words.every((word) => text.includes(word))).map(([id]) => id),
  );
}
