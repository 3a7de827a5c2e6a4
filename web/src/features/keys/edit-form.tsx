/** A key that there is, changed: its text stays, and whoever has it notices nothing but its new bounds. */
import { Button, Group, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { changeOf, type Draft, draftOf } from "./draft";
import { KeyFields, MoreFields } from "./key-fields";
import { type Key, keysQuery } from "./queries";

export function EditForm({ of: key, close }: { of: Key; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(key));
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const change = useMutation({
    mutationFn: () =>
      taken(
        client.PATCH("/api/v1/keys/{hash}", {
          params: { path: { hash: key.hash } },
          body: changeOf(key, draft),
        }),
      ),
    onSuccess: () => {
      close();
      return queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Stack gap="sm">
        <KeyFields draft={draft} set={set} />
        {!key.is_management_key && <MoreFields draft={draft} set={set} isNew={false} />}
        <FormFault error={change.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={change.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
