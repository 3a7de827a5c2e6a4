/**
 * Keeps the keyboard's place.
 *
 * A dialog or menu gives the focus back to what opened it, but that may be gone by then: a menu's item, a row that was
 * deleted, the button of a list that is not empty any more. Then the last thing that had the focus, and is still there,
 * gets it: when the key that closed something comes up, or at the latest when Tab is pressed.
 */
import { useEffect } from "react";

const REMEMBERED = 20;
/** Dialogs give the focus back a moment after they closed; that goes before. */
const LATER_MS = 60;
const CLOSING = new Set(["Escape", "Enter", " "]);

export function useKeptFocus(): void {
  useEffect(() => {
    let trail: HTMLElement[] = [];
    const note = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      trail = [target, ...trail.filter((each) => each !== target && each.isConnected)].slice(0, REMEMBERED);
    };
    const mend = () => {
      // Where nothing had it yet, the first Tab goes where the browser wants: to the link that leads past the navigation.
      if (document.activeElement !== document.body || trail.length === 0) return;
      const dialog = [...document.querySelectorAll<HTMLElement>('[role="dialog"]')].at(-1);
      const back = trail.find((each) => isThere(each) && (!dialog || dialog.contains(each)));
      (back ?? dialog ?? document.getElementById("content"))?.focus({ preventScroll: true });
    };
    const onDown = ({ key }: KeyboardEvent) => {
      if (key === "Tab") mend();
    };
    const onUp = ({ key }: KeyboardEvent) => {
      if (CLOSING.has(key)) window.setTimeout(mend, LATER_MS);
    };
    document.addEventListener("focusin", note);
    document.addEventListener("keydown", onDown, { capture: true });
    document.addEventListener("keyup", onUp);
    return () => {
      document.removeEventListener("focusin", note);
      document.removeEventListener("keydown", onDown, { capture: true });
      document.removeEventListener("keyup", onUp);
    };
  }, []);
}

function isThere(element: HTMLElement): boolean {
  return element.isConnected && element.getClientRects().length > 0;
}
