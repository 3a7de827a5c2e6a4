/** A part of a settings page: a heading, what it is about, and the thing itself. */
import { Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

export function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Stack component="section" gap="sm" aria-labelledby={id} maw={680}>
      <div>
        <Title order={2} id={id}>
          {title}
        </Title>
        {lead && (
          <Text c="dimmed" size="sm">
            {lead}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
