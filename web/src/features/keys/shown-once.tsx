/** A key's text, this once: it is in no list and in no cache, and closing the dialog forgets it. */
import { Alert, Button, CopyButton, Group, Modal, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Model, modelsQuery } from "@/shared/api/models";
import { curl } from "@/shared/lib/snippets";
import { CodeBlock } from "@/shared/ui/code";
import type { Key, KeyMade } from "./queries";

export function ShownOnce({
  made,
  close,
  closed,
}: {
  made: KeyMade | null;
  close: () => void;
  /** Called when it is gone: what led to it may be gone as well, so the focus goes where the page says. */
  closed: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={made !== null}
      onClose={close}
      size="lg"
      title={t("keys.madeTitle")}
      withCloseButton={false}
      returnFocus={false}
      onExitTransitionEnd={closed}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      {made && <Shown made={made} close={close} />}
    </Modal>
  );
}

function Shown({ made, close }: { made: KeyMade; close: () => void }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  return (
    <Stack gap="md">
      <Alert color="yellow" variant="light">
        {t("keys.once", { name: made.data.name })}
      </Alert>
      <CodeBlock code={made.key} label={t("keys.theKey")} />
      {!made.data.is_management_key && (
        <div>
          <Text size="sm" fw={550} mb={6}>
            {t("keys.tryIt")}
          </Text>
          <CodeBlock code={curl(exampleFor(made.data, models.data ?? []), made.key)} />
        </div>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          {t("keys.stored")}
        </Button>
        <CopyButton value={made.key} timeout={2000}>
          {({ copied, copy }) => (
            <Button
              data-autofocus
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
            >
              {copied ? t("common.copied") : t("keys.copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}

/** A model that the key may call, if it can be told; a free one rather than another. */
function exampleFor(key: Key, models: Model[]): string {
  const named = key.allowed_models.find((pattern) => !pattern.includes("*"));
  if (named) return named;
  const starts = key.allowed_models.map((pattern) => pattern.slice(0, pattern.indexOf("*")));
  const allowed = models.filter(
    ({ id, architecture }) =>
      architecture.output_modalities.includes("text") &&
      (starts.length === 0 || starts.some((start) => id.startsWith(start))),
  );
  return (allowed.find(({ id }) => id.endsWith(":free")) ?? allowed[0])?.id ?? "author/model";
}
