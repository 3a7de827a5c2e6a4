/** Things to copy: a small button, and an id or key in monospace with one beside it. */
import { ActionIcon, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Breakable } from "./breakable";

export function CopyIcon({
  value,
  what,
  size = "sm",
}: {
  value: string;
  what: string;
  size?: "xs" | "sm" | "md";
}) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("common.copied") : t("common.copyOf", { what })}>
          <ActionIcon
            variant="subtle"
            color={copied ? "tide" : "gray"}
            size={size}
            aria-label={copied ? t("common.copied") : t("common.copyOf", { what })}
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              copy();
            }}
          >
            {copied ? <IconCheck size="0.9em" /> : <IconCopy size="0.9em" />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function CopyableId({ id, what }: { id: string; what?: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={2} wrap="nowrap" style={{ minWidth: 0 }}>
      <code className="mp-mono">
        <Breakable id={id} />
      </code>
      <CopyIcon value={id} what={what ?? t("common.modelId")} size="xs" />
    </Group>
  );
}
