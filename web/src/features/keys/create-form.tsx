/** A new key: a name is enough; what it may spend, how long, how fast, for which models and from where. */
import { Button, Checkbox, Group, NumberInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { useMay } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";
import { type KeyMade, keysQuery, RESETS, workspaceNamesQuery } from "./queries";

type Amount = number | string;
const DAYS = { week: 7, month: 30, quarter: 90, year: 365 };
const LIVES = ["never", "week", "month", "quarter", "year", "day"] as const;
type Life = (typeof LIVES)[number];

const NEW = {
  name: "",
  limit: "" as Amount,
  reset: "never" as (typeof RESETS)[number] | "never",
  life: "never" as Life,
  day: "",
  requests: "" as Amount,
  tokens: "" as Amount,
  concurrency: "" as Amount,
  models: [] as string[],
  addresses: [] as string[],
  management: false,
  workspace: null as string | null,
};
type Draft = typeof NEW;

export function CreateForm({ made, close }: { made: (key: KeyMade) => void; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NEW);
  const [more, setMore] = useState(false);
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
        <TextInput
          label={t("common.name")}
          description={t("keys.nameNote")}
          required
          maxLength={200}
          data-autofocus
          autoComplete="off"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Group grow gap="sm" align="flex-end">
          <NumberInput
            label={t("keys.limit")}
            placeholder={t("common.none")}
            prefix="$"
            min={0}
            max={1e9}
            decimalScale={6}
            value={draft.limit}
            onChange={(limit) => set({ limit })}
          />
          <Select
            label={t("keys.reset")}
            allowDeselect={false}
            disabled={draft.limit === ""}
            value={draft.reset}
            data={["never" as const, ...RESETS].map((value) => ({ value, label: t(`keys.resets.${value}`) }))}
            onChange={(value) => set({ reset: RESETS.find((each) => each === value) ?? "never" })}
          />
        </Group>
        <Group grow gap="sm" align="flex-end">
          <Select
            label={t("keys.expires")}
            allowDeselect={false}
            value={draft.life}
            data={LIVES.map((value) => ({ value, label: t(`keys.lives.${value}`) }))}
            onChange={(value) => set({ life: LIVES.find((each) => each === value) ?? "never" })}
          />
          {draft.life === "day" && (
            <TextInput
              type="date"
              label={t("keys.lastDay")}
              required
              value={draft.day}
              onChange={(event) => set({ day: event.currentTarget.value })}
            />
          )}
        </Group>
        {may("keys:others:write") && (
          <Checkbox
            label={t("keys.isManagement")}
            description={t("keys.isManagementNote")}
            checked={draft.management}
            onChange={(event) => set({ management: event.currentTarget.checked })}
          />
        )}
        <Group>
          <Button
            variant="subtle"
            size="compact-sm"
            aria-expanded={more}
            rightSection={more ? <IconChevronUp size={15} /> : <IconChevronDown size={15} />}
            onClick={() => setMore(!more)}
          >
            {t("keys.bounds")}
          </Button>
        </Group>
        {more && <Bounds draft={draft} set={set} />}
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

function Bounds({ draft, set }: { draft: Draft; set: (part: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const ids = [...new Set(models.data?.map(({ id }) => id))];
  const rate = { placeholder: t("common.none"), min: 1, max: 2 ** 31 - 1, allowDecimal: false };
  const list = { splitChars: [",", " "], clearable: false, acceptValueOnBlur: true };
  const workspaces = useQuery(workspaceNamesQuery);
  return (
    <>
      {workspaces.data && workspaces.data.length > 1 && (
        <Select
          label={t("keys.workspace")}
          allowDeselect={false}
          value={draft.workspace ?? workspaces.data[0]?.id ?? null}
          data={workspaces.data.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(workspace) => set({ workspace })}
        />
      )}
      <NumberInput
        label={t("keys.requests")}
        value={draft.requests}
        onChange={(requests) => set({ requests })}
        {...rate}
      />
      <NumberInput
        label={t("keys.tokens")}
        value={draft.tokens}
        onChange={(tokens) => set({ tokens })}
        {...rate}
      />
      <NumberInput
        label={t("keys.concurrency")}
        value={draft.concurrency}
        onChange={(concurrency) => set({ concurrency })}
        {...rate}
      />
      <TagsInput
        label={t("keys.models")}
        description={t("keys.modelsNote")}
        data={ids}
        limit={20}
        value={draft.models}
        onChange={(chosen) => set({ models: chosen })}
        {...list}
      />
      <TagsInput
        label={t("keys.addresses")}
        description={t("keys.addressesNote")}
        placeholder={draft.addresses.length ? "" : "203.0.113.0/24"}
        value={draft.addresses}
        onChange={(addresses) => set({ addresses })}
        {...list}
      />
    </>
  );
}

function bodyOf(draft: Draft) {
  const count = (value: Amount) => (value === "" ? null : Number(value));
  return {
    name: draft.name.trim(),
    // As text: an amount of money is never a binary fraction on its way.
    limit: draft.limit === "" ? null : String(draft.limit),
    limit_reset: draft.limit === "" || draft.reset === "never" ? null : draft.reset,
    expires_at: expiry(draft),
    requests_per_minute: count(draft.requests),
    tokens_per_minute: count(draft.tokens),
    max_concurrency: count(draft.concurrency),
    allowed_models: words(draft.models),
    allowed_addresses: words(draft.addresses),
    include_byok_in_limit: false,
    management: draft.management,
    workspace_id: draft.workspace,
  };
}

/** What was typed in one go, or pasted, with commas or spaces between. */
function words(typed: string[]): string[] {
  return typed.flatMap((each) => each.split(/[\s,]+/)).filter(Boolean);
}

function expiry({ life, day }: Draft): string | null {
  if (life === "never") return null;
  // To the end of that day, where the reader is.
  if (life === "day") return new Date(`${day}T23:59:59`).toISOString();
  return new Date(Date.now() + DAYS[life] * 86_400_000).toISOString();
}
