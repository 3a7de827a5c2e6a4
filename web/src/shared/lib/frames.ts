/**
 * Work that is shown, spread over frames: one piece a frame, in turns.
 *
 * Several streams that each show their words when they like meet in one frame sooner or later, and that frame is
 * late. Here each waits for its turn; a frame that was late itself is followed by one without work, so that a busy
 * machine draws fewer words at once and never stops scrolling.
 */

const LATE_MS = 40;

const waiting = new Set<() => void>();
let frame = 0;
let last = 0;

/** Runs `show` in one of the next frames; once, however often it is asked before. */
export function showSoon(show: () => void): void {
  waiting.add(show);
  frame ||= requestAnimationFrame(step);
}

export function showNever(show: () => void): void {
  waiting.delete(show);
}

function step(now: number): void {
  const late = last > 0 && now - last > LATE_MS;
  last = now;
  const [first] = waiting;
  if (first && !late) {
    waiting.delete(first);
    first();
  }
  frame = waiting.size > 0 ? requestAnimationFrame(step) : 0;
  if (frame === 0) last = 0;
}
