/** A provider's key: tried, sealed, and its models callable at once. */
import { Button, Checkbox, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { FormFault } from "@/shared/ui/form-fault";
import type { ProviderState } from "./catalog-queries";

export function KeyForm({ provider }: { provider: ProviderState }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const [unverified, setUnverified] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/catalog/providers/{slug}/key", {
          params: { path: { slug: provider.slug } },
          body: { key: key.trim(), name: name.trim() || null, unverified },
        }),
      ),
    onSuccess: async () => {
      setKey("");
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin"] }),
        queries.invalidateQueries(modelsQuery),
      ]);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={460}>
        <PasswordInput
          label={t("admin.key")}
          description={
            provider.environment ? t("admin.keyHintOf", { name: provider.environment }) : t("admin.keyHint")
          }
          required
          autoComplete="off"
          data-autofocus
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {provider.keys.length > 0 && (
          <TextInput
            label={t("admin.keyName")}
            description={t("admin.keyNameNote")}
            pattern="[a-z0-9][a-z0-9._\-]*"
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <Checkbox
          label={t("admin.unverified")}
          checked={unverified}
          onChange={(event) => setUnverified(event.currentTarget.checked)}
        />
        <FormFault error={save.error} />
        {save.data && (
          <div role="status">
            <Text>
              {t(save.data.verified ? "admin.works" : "admin.saved", { count: save.data.models.length })}
            </Text>
            {save.data.notes.map((note) => (
              <Text key={note} size="sm" c="dimmed">
                {note}
              </Text>
            ))}
          </div>
        )}
        <Button type="submit" loading={save.isPending}>
          {t("admin.tryAndSave")}
        </Button>
      </Stack>
    </form>
  );
}
