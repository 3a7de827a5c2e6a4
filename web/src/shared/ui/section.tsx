/** A part of a page: a heading, what it is about, and the thing itself. */
import { Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

export function Section({
  title,
  lead,
  wide,
  children,
}: {
  title: string;
  lead?: ReactNode;
  /** As wide as the page: for tables. */
  wide?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <Stack component="section" gap="sm" aria-labelledby={id} maw={wide ? undefined : 680}>
      <div>
        <Title order={2} id={id}>
          {title}
        </Title>
        {lead && (
          <Text c="dimmed" size="sm" maw={680}>
            {lead}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
