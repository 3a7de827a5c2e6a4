/** A new key: a name is enough; what it may spend, how long, how fast, for which models and from where. */
import { Button, Checkbox, Group, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";
import { bodyOf, type Draft, NEW } from "./draft";
import { KeyFields, MoreFields } from "./key-fields";
import { type KeyMade, keysQuery } from "./queries";

export function CreateForm({ made, close }: { made: (key: KeyMade) => void; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NEW);
  const may = useMay();
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const create = useMutation({
    gcTime: 0,
    mutationFn: () => taken(client.POST("/api/v1/keys", { body: bodyOf(draft) })),
    onSuccess: (answer) => {
      made(answer);
      return queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack gap="sm">
        <KeyFields draft={draft} set={set} />
        {may("keys:others:write") && (
          <Checkbox
            label={t("keys.isManagement")}
            description={t("keys.isManagementNote")}
            checked={draft.management}
            onChange={(event) => set({ management: event.currentTarget.checked })}
          />
        )}
        <MoreFields draft={draft} set={set} isNew />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("keys.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
