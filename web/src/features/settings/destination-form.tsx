/** A new destination: of which kind, where it is, and how much of what happens is sent there. */
import { Button, Group, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { DestinationFields } from "./destination-fields";
import {
  type Config,
  configOf,
  type Destination,
  headersOf,
  KINDS,
  type Kind,
  kindOf,
} from "./destination-queries";

const NEW = {
  kind: "webhook" as Kind,
  name: "",
  config: {} as Config,
  lines: "",
  isPrivate: true,
  share: 100 as number | string,
};

export function DestinationForm({
  workspace,
  made,
  close,
}: {
  workspace: string;
  made: (destination: Destination) => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NEW);
  const set = (part: Partial<typeof NEW>) => setDraft((before) => ({ ...before, ...part }));
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      taken(
        client.POST("/api/v1/observability/destinations", {
          body: {
            type: draft.kind,
            name: draft.name.trim(),
            config: configOf(draft.kind, draft.config, draft.lines) ?? {},
            privacy_mode: draft.isPrivate,
            sampling_rate: rateOf(draft.share),
            workspace_id: workspace,
          },
        }),
      ),
    onSuccess: async ({ data }) => {
      await queries.invalidateQueries({ queryKey: ["destinations"] });
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
        <DestinationFields
          kind={draft.kind}
          config={draft.config}
          setConfig={(config) => set({ config })}
          lines={draft.lines}
          setLines={(lines) => set({ lines })}
        />
        <Switch
          label={t("observability.contents")}
          description={t("observability.contentsNote")}
          checked={!draft.isPrivate}
          onChange={(event) => set({ isPrivate: !event.currentTarget.checked })}
        />
        <Share value={draft.share} onChange={(share) => set({ share })} />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" disabled={headersOf(draft.lines) === null} loading={create.isPending}>
            {t("observability.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** How many of the requests are sent, in per cent. */
export function Share({
  value,
  onChange,
}: {
  value: number | string;
  onChange: (value: number | string) => void;
}) {
  const { t } = useTranslation();
  return (
    <NumberInput
      label={t("observability.share")}
      description={t("observability.shareNote")}
      suffix=" %"
      min={0.01}
      max={100}
      decimalScale={2}
      value={value}
      onChange={onChange}
    />
  );
}

export function rateOf(share: number | string): number {
  return Math.min(Math.max(Number(share) / 100, 0.0001), 1);
}
