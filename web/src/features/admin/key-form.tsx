/** A provider's key: tried, sealed, and its models callable at once. */
import { Button, Checkbox, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import type { Messages } from "@/shared/i18n/languages/en";
import { FormFault } from "@/shared/ui/form-fault";
import type { ProviderState } from "./catalog-queries";
import { Notes } from "./notes";

type Option = keyof Messages["admin"]["options"];

export function KeyForm({ provider }: { provider: ProviderState }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const [options, setOptions] = useState<Record<string, string>>({});
  const [unverified, setUnverified] = useState(false);
  // Engines of one's own may take no key.
  const mayBeEmpty = provider.is_known && provider.environment === null;
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/catalog/providers/{slug}/key", {
          params: { path: { slug: provider.slug } },
          body: {
            key: key.trim(),
            name: name.trim() || null,
            unverified,
            options: Object.fromEntries(
              Object.entries(options).flatMap(([option, value]) =>
                value.trim() ? [[option, value.trim()]] : [],
              ),
            ),
          },
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
          required={!mayBeEmpty}
          autoComplete="off"
          data-autofocus
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {provider.options.map(({ name: option, meaning, default: usual }) => (
          <TextInput
            key={option}
            label={i18n.exists(`admin.options.${option}`) ? t(`admin.options.${option as Option}`) : meaning}
            placeholder={usual ?? undefined}
            required={usual === null && provider.source === null}
            maxLength={200}
            value={options[option] ?? ""}
            onChange={(event) => setOptions({ ...options, [option]: event.currentTarget.value })}
          />
        ))}
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
            <Notes remarks={save.data.remarks} />
          </div>
        )}
        <Button type="submit" loading={save.isPending}>
          {t("admin.tryAndSave")}
        </Button>
      </Stack>
    </form>
  );
}
