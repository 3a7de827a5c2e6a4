/** A moment: relative to now, exact on hover. */
import { Tooltip } from "@mantine/core";
import { exactTime, relativeTime } from "@/shared/lib/format";

export function When({ at }: { at: Date | string | number | null | undefined }) {
  if (at === null || at === undefined) return <span>—</span>;
  const date = at instanceof Date ? at : new Date(at);
  if (Number.isNaN(date.getTime())) return <span>—</span>;
  return (
    <Tooltip label={exactTime(date)}>
      <time dateTime={date.toISOString()} tabIndex={-1}>
        {relativeTime(date)}
      </time>
    </Tooltip>
  );
}
