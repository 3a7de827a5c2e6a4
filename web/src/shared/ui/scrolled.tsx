/** What may be wider than its place, and scrolls there: by keyboard too, with a shade at the edge behind which there is more. */
import type { ReactNode } from "react";

export function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className="mp-scroll-x" data-scrolls tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
