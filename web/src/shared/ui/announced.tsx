/** Tells whoever listens rather than looks that something which ran is over; while it runs it is silent. */
import { useEffect, useRef, useState } from "react";

interface Props {
  /** What runs now. */
  running: string[];
  /** What to say of one that is over; null where something else says it. */
  tell: (id: string) => string | null;
}

export function Announced({ running, tell }: Props) {
  const before = useRef<string[]>([]);
  const [said, setSaid] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when the list changes
  useEffect(() => {
    const over = before.current.filter((id) => !running.includes(id));
    const isAnother = running.some((id) => !before.current.includes(id));
    before.current = running;
    if (over.length > 0) setSaid(over.flatMap((id) => tell(id) ?? []).join(" "));
    // The same words again are only heard where they were gone in between.
    else if (isAnother) setSaid("");
  }, [running.join(" ")]);
  return (
    <div role="status" className="mp-visually-hidden">
      {said}
    </div>
  );
}
