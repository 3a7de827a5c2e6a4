/** What a list or page shows when it has nothing, is not there yet, or failed. */
import { Alert, Button, Group, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconMoodEmpty, IconPlugConnectedX } from "@tabler/icons-react";
import { Component, type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, Offline } from "@/shared/api/client";
import { isMissingPart, reloadIfOutdated } from "@/shared/lib/new-version";
import { useErrorText } from "./error-text";

export function Empty({
  title,
  children,
  action,
  isPage,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Nothing else is on the page: what it says is the page's heading. */
  isPage?: boolean;
}) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <ThemeIcon variant="light" color="gray" size={44} radius="xl" aria-hidden>
        <IconMoodEmpty size={24} stroke={1.6} />
      </ThemeIcon>
      <Title order={isPage ? 1 : 2} size="h3">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" maw={440}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const text = useErrorText();
  const offline = error instanceof Offline;
  // Asking again does not make it be there.
  const isGone = error instanceof ApiError && error.status === 404;
  // Here and not where a part is asked for: pages are fetched when a link is only pointed at, from forms half filled in.
  const isMissing = error instanceof Error && isMissingPart(error);
  useEffect(() => {
    if (isMissing) void reloadIfOutdated(location, sessionStorage);
  }, [isMissing]);
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={offline ? <IconPlugConnectedX size={18} /> : <IconAlertTriangle size={18} />}
      title={t(isGone ? "states.gone" : "states.failed")}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm" style={{ whiteSpace: "pre-line" }}>
          {text(error)}
        </Text>
        {retry && !isGone && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("common.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function LoadingRows({ rows = 8, height = 44 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap={8} role="status" aria-label={t("common.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of nothing have no other name
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}

export function PageTitle({
  title,
  children,
  aside,
}: {
  title: ReactNode;
  children?: ReactNode;
  aside?: ReactNode;
}) {
  return (
    <Group justify="space-between" align="flex-end" mb="lg" gap="md">
      <div>
        <Title order={1}>{title}</Title>
        {children && (
          <Text c="dimmed" mt={4} maw={720}>
            {children}
          </Text>
        )}
      </div>
      {aside}
    </Group>
  );
}

interface BoundaryProps {
  children: ReactNode;
}

/** A fault in one panel leaves the rest of the page alone. */
export class Panel extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} retry={() => this.setState({ error: null })} />;
  }
}
