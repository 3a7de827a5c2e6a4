/**
 * The room that is open, in memory: read once, changed here, written behind.
 *
 * Components subscribe to the whole (which turns there are) or to one answer (its text while it streams), so that a
 * token re-renders one column and nothing else.
 */
import { store } from "./store";
import { type Answer, newId, type Room, type Turn } from "./types";

type Listener = () => void;

export class RoomState {
  room: Room;
  readonly turns = new Map<string, Turn>();
  readonly answers = new Map<string, Answer>();
  version = 0;
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

  static async open(id: string): Promise<RoomState | null> {
    const [room, turns, answers] = await Promise.all([
      store.rooms.get(id),
      store.turns.where("roomId").equals(id).toArray(),
      store.answers.where("roomId").equals(id).toArray(),
    ]);
    if (!room) return null;
    turns.sort((one, other) => one.createdAt - other.createdAt);
    answers.sort((one, other) => one.createdAt - other.createdAt);
    const state = new RoomState(room, turns, answers);
    // What was streaming when the page was left is not any more.
    for (const answer of answers) {
      if (answer.state === "streaming") state.changeAnswer(answer.id, { state: "stopped" });
    }
    return state;
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

  private keepTurn(turn: Turn): void {
    this.turns.set(turn.id, turn);
    this.children.set(turn.parentId, [...(this.children.get(turn.parentId) ?? []), turn.id]);
  }

  private keepAnswer(answer: Answer): void {
    this.answers.set(answer.id, answer);
    this.byTurn.set(answer.turnId, [...(this.byTurn.get(answer.turnId) ?? []), answer.id]);
  }
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
