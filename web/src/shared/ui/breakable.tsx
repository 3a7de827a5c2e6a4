/** An id that breaks where a reader would: behind its slashes, colons and underscores, not within a word. */
import { Fragment } from "react";

export function Breakable({ id }: { id: string }) {
  return id.split(/(?<=[/:_@])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no other name, and change all at once.
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
