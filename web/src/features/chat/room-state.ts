/**
 * The room that is open, in memory: read once, changed here, written behind.
 *
 * Components subscribe to the whole (which turns there are) or to one answer (its text while it streams), so that a
 * token re-renders one column and nothing else.
 */
import type { Table } from "dexie";
import { newestBefore, store } from "./store";
import { type Answer, newId, type Room, type Turn } from "./types";

type Listener = () => void;

/** Turns that are read before a room is shown: a screen shows three or four. */
const FIRST = 60;
const PORTION = 200;

export class RoomState {
  room: Room;
  readonly turns = new Map<string, Turn>();
  readonly answers = new Map<string, Answer>();
  version = 0;
  /** Settles once all of the room has been read; what depends on every turn waits for it. */
  whole: Promise<void> = Promise.resolve();
  /** Whether it is on disk: a room nobody has asked anything in leaves no trace. */
  private kept: boolean;
  private readonly children = new Map<string | null, string[]>();
  private readonly byTurn = new Map<string, string[]>();
  private readonly listeners = new Set<Listener>();
  private readonly answerListeners = new Map<string, Set<Listener>>();

  constructor(room: Room, turns: Turn[] = [], answers: Answer[] = [], kept = true) {
    this.room = room;
    this.kept = kept;
    for (const turn of turns) this.keepTurn(turn);
    for (const answer of answers) this.keepAnswer(answer);
  }

  /** The newest part at once, so that a long room opens at once; the rest follows while the browser is idle. */
  static async open(id: string): Promise<RoomState | null> {
    const [room, turns, answers] = await Promise.all([
      store.rooms.get(id),
      newestBefore(store.turns, id, Number.MAX_SAFE_INTEGER, FIRST),
      newestBefore(store.answers, id, Number.MAX_SAFE_INTEGER, 2 * FIRST),
    ]);
    if (!room) return null;
    const state = new RoomState(room, turns, answers);
    for (const answer of answers) state.stopIfLeft(answer);
    if (turns.length === FIRST || answers.length === 2 * FIRST) {
      state.whole = state.readRest(turns, answers);
      // An older branch is shown, whose end is not among the newest.
      if (room.leaf && !state.turns.has(room.leaf)) await state.whole;
    }
    return state;
  }

  private async readRest(turns: Turn[], answers: Answer[]): Promise<void> {
    await readOlder(store.turns, this.room.id, turns, this.turns, (turn) => this.keepTurn(turn, true));
    await readOlder(store.answers, this.room.id, answers, this.answers, (answer) => {
      this.keepAnswer(answer, true);
      this.stopIfLeft(answer);
    });
    this.changed();
  }

  /** What was streaming when the page was left is not any more. */
  private stopIfLeft(answer: Answer): void {
    if (answer.state === "streaming") this.changeAnswer(answer.id, { state: "stopped" });
  }

  subscribe = (listener: Listener): Listener => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  subscribeAnswer(id: string, listener: Listener): Listener {
    const set = this.answerListeners.get(id) ?? new Set();
    this.answerListeners.set(id, set.add(listener));
    return () => set.delete(listener);
  }

  /** The turns of the branch that is shown, the first one first. */
  path(leaf: string | null = this.room.leaf): Turn[] {
    const found: Turn[] = [];
    for (let turn = leaf ? this.turns.get(leaf) : undefined; turn; ) {
      found.push(turn);
      turn = turn.parentId ? this.turns.get(turn.parentId) : undefined;
    }
    return found.reverse();
  }

  siblings(turn: Turn): string[] {
    return this.children.get(turn.parentId) ?? [];
  }

  /** A turn's answers of one slot, the newest last. */
  answersOf(turnId: string, slotId?: string): Answer[] {
    const ids = this.byTurn.get(turnId) ?? [];
    const found = ids.flatMap((id) => this.answers.get(id) ?? []);
    return slotId === undefined ? found : found.filter((answer) => answer.slotId === slotId);
  }

  changeRoom(part: Partial<Room>): void {
    this.room = { ...this.room, ...part };
    // Only what changed: another tab, or the list of rooms, may have renamed or pinned it meanwhile.
    if (this.kept) void store.rooms.update(this.room.id, part);
    this.changed();
  }

  addTurn(turn: Turn): void {
    if (!this.kept) {
      this.kept = true;
      void store.rooms.put(this.room);
    }
    this.keepTurn(turn);
    void store.turns.put(turn);
    this.changeRoom({ leaf: turn.id, updatedAt: Date.now() });
  }

  addAnswer(answer: Answer): void {
    this.keepAnswer(answer);
    void store.answers.put(answer);
    this.changed();
  }

  /** Another state or text of an answer; `keep` writes it to disk. */
  changeAnswer(id: string, part: Partial<Answer>, keep = true): void {
    const now = this.answers.get(id);
    if (!now) return;
    const next = { ...now, ...part };
    this.answers.set(id, next);
    if (keep) void store.answers.put(next);
    for (const listener of this.answerListeners.get(id) ?? []) listener();
    if (part.state !== undefined && part.state !== now.state) this.changed();
  }

  removeAnswer(id: string): void {
    const answer = this.answers.get(id);
    if (!answer) return;
    this.answers.delete(id);
    this.byTurn.set(
      answer.turnId,
      (this.byTurn.get(answer.turnId) ?? []).filter((each) => each !== id),
    );
    void store.answers.delete(id);
    this.changed();
  }

  /** Shows the branch that goes through this turn, as far as it was followed last. */
  show(turnId: string): void {
    let leaf = turnId;
    while (true) {
      const next = this.children.get(leaf)?.at(-1);
      if (next === undefined) break;
      leaf = next;
    }
    this.changeRoom({ leaf });
  }

  get streaming(): Answer[] {
    return [...this.answers.values()].filter((answer) => answer.state === "streaming");
  }

  private changed(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  private keepTurn(turn: Turn, isOldest = false): void {
    this.turns.set(turn.id, turn);
    const others = this.children.get(turn.parentId) ?? [];
    this.children.set(turn.parentId, isOldest ? [turn.id, ...others] : [...others, turn.id]);
  }

  private keepAnswer(answer: Answer, isOldest = false): void {
    this.answers.set(answer.id, answer);
    const others = this.byTurn.get(answer.turnId) ?? [];
    this.byTurn.set(answer.turnId, isOldest ? [answer.id, ...others] : [...others, answer.id]);
  }
}

/** Hands on everything older than what is known, the newest first, in portions that leave the page free between. */
async function readOlder<T extends Turn | Answer>(
  table: Table<T, string>,
  roomId: string,
  first: T[],
  known: ReadonlyMap<string, T>,
  keep: (item: T) => void,
): Promise<void> {
  let before = first[0]?.createdAt ?? Number.MAX_SAFE_INTEGER;
  let most = PORTION;
  while (true) {
    await idle();
    const portion = await newestBefore(table, roomId, before, most);
    const fresh = portion.filter(({ id }) => !known.has(id));
    for (const item of fresh.reverse()) keep(item);
    if (portion.length < most) return;
    // More than a portion was made in one moment (an import, say): take more of it.
    if (fresh.length === 0) most *= 2;
    before = portion[0]?.createdAt ?? 0;
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: 400 });
    else setTimeout(resolve, 30);
  });
}

export function newRoom(models: string[]): Room {
  const now = Date.now();
  return {
    id: newId(),
    title: "",
    pinned: false,
    createdAt: now,
    updatedAt: now,
    system: "",
    slots: models.map((model) => ({ id: newId(), model, on: true, parameters: {} })),
    leaf: null,
  };
}
