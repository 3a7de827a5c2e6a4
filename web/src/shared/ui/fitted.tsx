/** As much of a table as there is room for: its usual shape, else a tight one, else every row a block of its own. */
import { type ReactNode, useLayoutEffect, useRef } from "react";
import classes from "./fitted.module.css";

const SHAPES = ["wide", "tight", "blocks"] as const;

/** Narrower than this, more than two columns leave none of them room for words. */
const PHONE_PX = 480;

export function Fitted({ children }: { children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [it, width] = [frame.current, probe.current];
    if (!it || !width) return;
    const choose = () => chooseShape(it);
    choose();
    // What has no height of its own changes with the room alone, never with the shape that was chosen.
    const resized = new ResizeObserver(choose);
    resized.observe(width);
    const changed = new MutationObserver(choose);
    changed.observe(it, { childList: true, characterData: true, subtree: true });
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  }, []);
  return (
    <div ref={frame} className={classes.frame}>
      <div ref={probe} />
      {children}
    </div>
  );
}

/** Tries one shape after the other; nobody sees it, as nothing is drawn meanwhile. */
function chooseShape(frame: HTMLElement): void {
  const columns = frame.querySelectorAll("thead th").length;
  const isPhone = frame.clientWidth < PHONE_PX && columns > 2;
  for (const shape of isPhone ? SHAPES.slice(-1) : SHAPES) {
    frame.dataset.shape = shape;
    if (frame.scrollWidth <= frame.clientWidth) return;
  }
}
