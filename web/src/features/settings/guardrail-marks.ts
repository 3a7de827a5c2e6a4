/** A text in parts: what a filter found, with a little of what stands around it. */

export interface Part {
  /** Where it begins in the text. */
  at: number;
  part: string;
  isFound: boolean;
}

/** Letters before and after a place that are shown with it. */
const AROUND = 60;

/** Places come in order and never lie in one another; long stretches between them are left out. */
export function marked(text: string, places: readonly { start: number; end: number }[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { start, end } of places) {
    if (start < at) continue;
    plain(parts, text, at, start);
    parts.push({ at: start, part: text.slice(start, end), isFound: true });
    at = end;
  }
  plain(parts, text, at, text.length);
  return parts;
}

function plain(parts: Part[], text: string, from: number, to: number): void {
  if (from >= to) return;
  const before = parts.length === 0 ? 0 : AROUND;
  const after = to === text.length ? 0 : AROUND;
  const whole = text.slice(from, to);
  const part =
    whole.length <= before + after + 3
      ? whole
      : `${whole.slice(0, before)}…${after ? whole.slice(-after) : ""}`;
  parts.push({ at: from, part, isFound: false });
}
