/** What can be said of a key, new or not: its name, what it may spend, how long, how fast, for what and from where. */
import { Button, Group, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/shared/api/models";
import { type Draft, isBound, LIVES, type SetDraft } from "./draft";
import { RESETS, workspaceNamesQuery } from "./queries";

interface Props {
  draft: Draft;
  set: SetDraft;
}

export function KeyFields({ draft, set }: Props) {
  const { t } = useTranslation();
  return (
    <>
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
    </>
  );
}

/** Folded away at first, unless something of it is set. */
export function MoreFields({ draft, set, isNew }: Props & { isNew: boolean }) {
  const { t } = useTranslation();
  const [more, setMore] = useState(() => isBound(draft));
  return (
    <>
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
      {more && <Bounds draft={draft} set={set} isNew={isNew} />}
    </>
  );
}

function Bounds({ draft, set, isNew }: Props & { isNew: boolean }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const ids = [...new Set(models.data?.map(({ id }) => id))];
  const rate = { placeholder: t("common.none"), min: 1, max: 2 ** 31 - 1, allowDecimal: false };
  const list = { splitChars: [",", " "], clearable: false, acceptValueOnBlur: true };
  const workspaces = useQuery(workspaceNamesQuery);
  return (
    <>
      {isNew && workspaces.data && workspaces.data.length > 1 && (
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
