/** A model's id with its author's mark, leading to its page; in a ranking with its place before it. */
import { Text } from "@mantine/core";
import { authorOf, splitId } from "@/shared/api/models";
import { AuthorMark } from "./author-mark";
import { Breakable } from "./breakable";
import { LinkAnchor } from "./links";

export function ModelName({ id, rank }: { id: string; rank?: number }) {
  const [author, slug] = splitId(id);
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 8 }}>
      {rank !== undefined && (
        <Text span c="dimmed" ta="right" miw="1.6em">
          {rank}
        </Text>
      )}
      <AuthorMark author={authorOf(id)} size={18} />
      <LinkAnchor to="/$author/$slug" params={{ author, slug }} fw={550}>
        <Breakable id={id} />
      </LinkAnchor>
    </span>
  );
}
