/** `/settings/guardrails/{id}`: what it says, and whom it applies to. */
import {
  Button,
  Checkbox,
  Group,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { providerNamesQuery } from "@/shared/api/providers";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { Assigned } from "./guardrail-assigned";
import { Filters } from "./guardrail-filters";
import { builtinsOf, type Change, type Guardrail, guardrailQuery, RESETS } from "./guardrail-queries";
import classes from "./settings.module.css";

const route = getRouteApi("/settings/guardrails/$id");

export function GuardrailPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const guardrail = useQuery(guardrailQuery(id));
  usePageTitle(guardrail.data?.name ?? t("guardrails.title"));
  return (
    <Loaded query={guardrail}>
      {(found) => (
        <>
          <LinkAnchor to="/settings/guardrails" size="sm">
            {t("guardrails.all")}
          </LinkAnchor>
          <PageTitle title={found.name}>{found.description}</PageTitle>
          <Stack gap={40}>
            <Assigned id={id} />
            <Form key={found.id} guardrail={found} />
            <Remove guardrail={found} />
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function Form({ guardrail }: { guardrail: Guardrail }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [draft, setDraft] = useState<Change>({
    name: guardrail.name,
    description: guardrail.description,
    allowed_models: guardrail.allowed_models,
    ignored_models: guardrail.ignored_models,
    allowed_providers: guardrail.allowed_providers,
    ignored_providers: guardrail.ignored_providers,
    enforce_zdr: guardrail.enforce_zdr,
    enable_paid_model_training: guardrail.enable_paid_model_training,
    enable_free_model_training: guardrail.enable_free_model_training,
    content_filters: guardrail.content_filters,
    content_filter_builtins: builtinsOf(guardrail),
    limit_usd: guardrail.limit_usd,
    reset_interval: guardrail.reset_interval,
    include_byok_in_budgets: guardrail.include_byok_in_budgets,
  });
  const set = (part: Partial<Change>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const none = <T,>(list: T[] | null | undefined) => (list?.length ? list : null);
      return taken(
        client.PATCH("/api/v1/guardrails/{guardrail_id}", {
          params: { path: { guardrail_id: guardrail.id } },
          body: {
            ...draft,
            description: draft.description?.trim() || null,
            allowed_models: none(draft.allowed_models),
            ignored_models: none(draft.ignored_models),
            allowed_providers: none(draft.allowed_providers),
            ignored_providers: none(draft.ignored_providers),
            content_filters: none(draft.content_filters),
            content_filter_builtins: none(draft.content_filter_builtins),
            reset_interval: draft.limit_usd === null ? null : draft.reset_interval,
          },
        }),
      );
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["guardrails"] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset className={classes.plain} disabled={!may("guardrails:write")}>
        <Stack gap={40}>
          <Section title={t("guardrails.about")}>
            <TextInput
              label={t("common.name")}
              required
              maxLength={200}
              value={draft.name ?? ""}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <Textarea
              label={t("workspaces.description")}
              autosize
              maxLength={1000}
              value={draft.description ?? ""}
              onChange={(event) => set({ description: event.currentTarget.value })}
            />
          </Section>
          <Budget draft={draft} set={set} />
          <Bounds draft={draft} set={set} />
          <Filters draft={draft} set={set} />
          <SaveRow save={save} />
        </Stack>
      </fieldset>
    </form>
  );
}

interface Part {
  draft: Change;
  set: (part: Partial<Change>) => void;
}

function Budget({ draft, set }: Part) {
  const { t } = useTranslation();
  return (
    <Section title={t("guardrails.budget")} lead={t("guardrails.budgetLead")}>
      <Group gap="sm" align="flex-end">
        <NumberInput
          label={t("keys.limit")}
          placeholder={t("common.none")}
          prefix="$"
          min={0}
          decimalScale={6}
          w={170}
          value={draft.limit_usd ?? ""}
          onChange={(value) => set({ limit_usd: value === "" ? null : String(value) })}
        />
        <Select
          label={t("keys.reset")}
          w={170}
          allowDeselect={false}
          disabled={draft.limit_usd === null}
          value={draft.reset_interval ?? "never"}
          data={(["never", ...RESETS] as const).map((value) => ({ value, label: t(`keys.resets.${value}`) }))}
          onChange={(value) => set({ reset_interval: RESETS.find((each) => each === value) ?? null })}
        />
      </Group>
      <Checkbox
        label={t("guardrails.byok")}
        checked={draft.include_byok_in_budgets}
        onChange={(event) => set({ include_byok_in_budgets: event.currentTarget.checked })}
      />
    </Section>
  );
}

function Bounds({ draft, set }: Part) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const providers = useQuery(providerNamesQuery);
  const ids = [...new Set(models.data?.map(({ id }) => id))];
  const typed = { splitChars: [",", " "], acceptValueOnBlur: true, limit: 20 };
  return (
    <Section title={t("guardrails.bounds")} lead={t("guardrails.boundsLead")}>
      <TagsInput
        label={t("keys.models")}
        description={t("keys.modelsNote")}
        data={ids}
        value={draft.allowed_models ?? []}
        onChange={(allowed_models) => set({ allowed_models })}
        {...typed}
      />
      <TagsInput
        label={t("guardrails.ignoredModels")}
        data={ids}
        value={draft.ignored_models ?? []}
        onChange={(ignored_models) => set({ ignored_models })}
        {...typed}
      />
      <TagsInput
        label={t("privacy.only")}
        description={t("privacy.onlyNote")}
        data={providers.data ?? []}
        value={draft.allowed_providers ?? []}
        onChange={(allowed_providers) => set({ allowed_providers })}
        {...typed}
      />
      <TagsInput
        label={t("privacy.ignore")}
        data={providers.data ?? []}
        value={draft.ignored_providers ?? []}
        onChange={(ignored_providers) => set({ ignored_providers })}
        {...typed}
      />
      <Checkbox
        label={t("privacy.zdr")}
        description={t("privacy.zdrNote")}
        checked={draft.enforce_zdr === true}
        onChange={(event) => set({ enforce_zdr: event.currentTarget.checked || null })}
      />
      <Checkbox
        label={t("guardrails.noPaidTraining")}
        checked={draft.enable_paid_model_training === false}
        onChange={(event) => set({ enable_paid_model_training: event.currentTarget.checked ? false : null })}
      />
      <Checkbox
        label={t("guardrails.noFreeTraining")}
        checked={draft.enable_free_model_training === false}
        onChange={(event) => set({ enable_free_model_training: event.currentTarget.checked ? false : null })}
      />
    </Section>
  );
}

function Remove({ guardrail }: { guardrail: Guardrail }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!may("guardrails:write")) return null;
  const { id, name } = guardrail;
  return (
    <Group>
      <Button
        variant="outline"
        color="red"
        onClick={() =>
          setAsked({
            title: t("guardrails.deleteTitle", { name }),
            body: t("guardrails.deleteBody"),
            act: t("common.delete"),
            name,
            run: async () => {
              await taken(
                client.DELETE("/api/v1/guardrails/{guardrail_id}", {
                  params: { path: { guardrail_id: id } },
                }),
              );
              await navigate({ to: "/settings/guardrails" });
              await queries.invalidateQueries({ queryKey: ["guardrails"] });
            },
          })
        }
      >
        {t("common.delete")}
      </Button>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Group>
  );
}
