/** An own provider key: a new one, or one whose rules are changed. Its text is shown to nobody again. */
import {
  Button,
  Group,
  MultiSelect,
  PasswordInput,
  Select,
  Stack,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { providerNamesQuery } from "@/shared/api/providers";
import { FormFault } from "@/shared/ui/form-fault";
import { change, type OwnKey } from "./byok-queries";
import { keyNamesQuery } from "./guardrail-queries";
import { membersQuery } from "./organization-queries";

const NEW = {
  provider: null as string | null,
  key: "",
  name: "",
  models: [] as string[],
  keys: [] as string[],
  members: [] as string[],
  zdr: null as boolean | null,
  address: "",
  use: "first" as Use,
};
type Draft = typeof NEW;

/** The three rules of which goes before which, as one choice. */
const USES = ["first", "fallback", "required", "only"] as const;
type Use = (typeof USES)[number];

function draftOf(key: OwnKey): Draft {
  return {
    provider: key.provider,
    key: "",
    name: key.name ?? "",
    models: key.allowed_models ?? [],
    keys: key.allowed_api_key_hashes ?? [],
    members: key.allowed_user_ids ?? [],
    zdr: key.declared_zdr,
    address: key.base_url ?? "",
    use: key.is_byok_only ? "only" : key.is_required ? "required" : key.is_fallback ? "fallback" : "first",
  };
}

function saidBy(draft: Draft) {
  const some = (list: string[]) => (list.length ? list : null);
  return {
    name: draft.name.trim() || null,
    allowed_models: some(draft.models),
    allowed_api_key_hashes: some(draft.keys),
    allowed_user_ids: some(draft.members),
    declared_zdr: draft.zdr,
    base_url: draft.address.trim() || null,
    is_fallback: draft.use === "fallback",
    is_required: draft.use === "required" || draft.use === "only",
    is_byok_only: draft.use === "only",
  };
}

export function OwnKeyForm({
  workspace,
  before,
  close,
}: {
  workspace?: string;
  before?: OwnKey;
  close: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const providers = useQuery(providerNamesQuery);
  const [draft, setDraft] = useState(() => (before ? draftOf(before) : NEW));
  const set = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const save = useMutation({
    gcTime: 0,
    mutationFn: () => {
      const key = draft.key.trim();
      if (before) return change(before.id, { ...saidBy(draft), ...(key && { key }) });
      const fresh = { provider: draft.provider ?? "", key, workspace_id: workspace, disabled: false };
      return taken(client.POST("/api/v1/byok", { body: { ...fresh, ...saidBy(draft) } }));
    },
    onSuccess: () => {
      close();
      return queries.invalidateQueries({ queryKey: ["byok"] });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm">
        <Select
          label={t("common.provider")}
          searchable
          required
          disabled={before !== undefined}
          value={draft.provider}
          data={providers.data ?? (draft.provider ? [draft.provider] : [])}
          onChange={(provider) => set({ provider })}
        />
        <PasswordInput
          label={before ? t("byok.newKey") : t("admin.key")}
          description={before ? t("byok.newKeyNote", { label: before.label }) : t("byok.keyNote")}
          required={!before}
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={draft.key}
          onChange={(event) => set({ key: event.currentTarget.value })}
        />
        <TextInput
          label={t("common.name")}
          maxLength={200}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Select
          label={t("byok.use")}
          description={t(`byok.useNotes.${draft.use}`)}
          allowDeselect={false}
          value={draft.use}
          data={USES.map((value) => ({ value, label: t(`byok.uses.${value}`) }))}
          onChange={(value) => set({ use: USES.find((each) => each === value) ?? "first" })}
        />
        <Bounds draft={draft} set={set} />
        <FormFault error={save.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" disabled={!draft.provider} loading={save.isPending}>
            {before ? t("common.save") : t("byok.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What it is used for and by whom, and what its owner says of their contract. */
function Bounds({ draft, set }: { draft: Draft; set: (part: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const keys = useQuery(keyNamesQuery);
  const members = useQuery(membersQuery);
  return (
    <>
      <TagsInput
        label={t("keys.models")}
        description={t("byok.modelsNote")}
        data={[...new Set(models.data?.map(({ id }) => id))]}
        limit={20}
        acceptValueOnBlur
        value={draft.models}
        onChange={(chosen) => set({ models: chosen })}
      />
      <MultiSelect
        label={t("byok.keys")}
        description={t("byok.everybody")}
        searchable
        value={draft.keys}
        data={keys.data ?? []}
        onChange={(chosen) => set({ keys: chosen })}
      />
      {members.data && members.data.length > 1 && (
        <MultiSelect
          label={t("organization.members")}
          description={t("byok.everybody")}
          searchable
          value={draft.members}
          data={members.data.map((each) => ({ value: each.user_id, label: each.name || each.email }))}
          onChange={(chosen) => set({ members: chosen })}
        />
      )}
      <TextInput
        label={t("byok.address")}
        description={t("byok.addressNote")}
        type="url"
        maxLength={2000}
        autoComplete="off"
        value={draft.address}
        onChange={(event) => set({ address: event.currentTarget.value })}
      />
      <Group grow gap="sm" align="flex-start">
        <Select
          label={t("byok.zdr")}
          clearable
          placeholder={t("byok.asCatalogue")}
          value={draft.zdr === null ? null : draft.zdr ? "yes" : "no"}
          data={[
            { value: "yes", label: t("common.yes") },
            { value: "no", label: t("common.no") },
          ]}
          onChange={(value) => set({ zdr: value === null ? null : value === "yes" })}
        />
      </Group>
    </>
  );
}
