/** A new destination: of which kind, where it is, and how much of what happens is sent there. */
import { Button, Group, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import {
  type Destination,
  destinationsQuery,
  HIDDEN,
  KINDS,
  type Kind,
  kindOf,
  type Name,
  OPTIONAL,
} from "./destination-queries";

const NEW = {
  kind: "webhook" as Kind,
  name: "",
  config: {} as Partial<Record<Name, string>>,
  isPrivate: true,
  share: 100 as number | string,
};

export function DestinationForm({
  made,
  close,
}: {
  made: (destination: Destination) => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NEW);
  const set = (part: Partial<typeof NEW>) => setDraft((before) => ({ ...before, ...part }));
  const create = useMutation({
    gcTime: 0,
    mutationFn: () => {
      const said = KINDS[draft.kind].flatMap((name) => {
        const value = draft.config[name]?.trim();
        return value ? [[name, value] as const] : [];
      });
      return taken(
        client.POST("/api/v1/observability/destinations", {
          body: {
            type: draft.kind,
            name: draft.name.trim(),
            config: Object.fromEntries(said),
            privacy_mode: draft.isPrivate,
            sampling_rate: Math.max(Number(draft.share) / 100, 0.0001),
          },
        }),
      );
    },
    onSuccess: async ({ data }) => {
      await queries.invalidateQueries(destinationsQuery);
      made(data);
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
        <Select
          label={t("observability.kind")}
          allowDeselect={false}
          value={draft.kind}
          data={Object.keys(KINDS).map((value) => ({
            value,
            label: t(`observability.kinds.${kindOf(value)}`),
          }))}
          onChange={(value) => set({ kind: kindOf(value ?? "webhook"), config: {} })}
        />
        <TextInput
          label={t("common.name")}
          required
          maxLength={200}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        {KINDS[draft.kind].map((name) => (
          <TextInput
            key={name}
            label={t(`observability.fields.${name}`)}
            required={!OPTIONAL.includes(name) || draft.kind === "otel-collector"}
            type={HIDDEN.includes(name) ? "password" : "text"}
            autoComplete="off"
            value={draft.config[name] ?? ""}
            onChange={(event) => set({ config: { ...draft.config, [name]: event.currentTarget.value } })}
          />
        ))}
        <Switch
          label={t("observability.private")}
          description={t("observability.privateNote")}
          checked={draft.isPrivate}
          onChange={(event) => set({ isPrivate: event.currentTarget.checked })}
        />
        <NumberInput
          label={t("observability.share")}
          suffix=" %"
          min={0.01}
          max={100}
          decimalScale={2}
          value={draft.share}
          onChange={(share) => set({ share })}
        />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("observability.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
