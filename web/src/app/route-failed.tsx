/** A page that failed, with the rest of the app around it. */
import { Container } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Failed } from "@/shared/ui/states";

export function RouteFailed({ error, reset }: ErrorComponentProps) {
  return (
    <Container size="sm" py="xl">
      <Failed error={error} retry={reset} />
    </Container>
  );
}
