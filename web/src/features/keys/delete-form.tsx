/** Deleting a key: whoever does it types its name first. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { type Key, keysQuery } from "./queries";

export function DeleteForm({ of: key, close }: { of: Key; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => taken(client.DELETE("/api/v1/keys/{hash}", { params: { path: { hash: key.hash } } })),
    onSuccess: () => {
      close();
      return queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        remove.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {t("keys.deleteBody", { name: key.name })}
        </Text>
        <TextInput
          label={t("keys.typeName")}
          required
          data-autofocus
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <FormFault error={remove.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button
            type="submit"
            color="red"
            loading={remove.isPending}
            disabled={typed.trim() !== key.name.trim()}
          >
            {t("common.delete")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
