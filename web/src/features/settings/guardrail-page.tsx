/** `/settings/guardrails/{id}`: what it says, and whom it applies to. */
import { Button, Checkbox, Group, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { Assigned } from "./guardrail-assigned";
import { Bounds } from "./guardrail-bounds";
import { DataPolicy } from "./guardrail-data";
import { Filters } from "./guardrail-filters";
import { Preview } from "./guardrail-preview";
import {
  bodyOf,
  type Change,
  draftOf,
  type Guardrail,
  guardrailQuery,
  type Part,
  RESETS,
} from "./guardrail-queries";
import classes from "./settings.module.css";
import { workspacesQuery } from "./workspace-queries";

const route = getRouteApi("/settings/guardrails/$id");

export function GuardrailPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const guardrail = useQuery(guardrailQuery(id));
  const workspaces = useQuery(workspacesQuery);
  // A workspace's own one binds all in it: it has no name, and is assigned to nobody.
  const whole = workspaces.data?.find((each) => each.default_guardrail_id === id);
  const name = whole ? t("guardrails.defaultOf", { name: whole.name }) : guardrail.data?.name;
  usePageTitle(name ?? t("guardrails.title"));
  return (
    <Loaded query={guardrail}>
      {(found) => (
        <>
          <LinkAnchor to="/settings/guardrails" size="sm">
            {t("guardrails.all")}
          </LinkAnchor>
          <PageTitle title={name}>{found.description}</PageTitle>
          <Stack gap={40}>
            {whole ? (
              <Section title={t("guardrails.assigned")} lead={t("guardrails.defaultNote")}>
                <LinkAnchor to="/settings/workspaces/$ref" params={{ ref: whole.slug }}>
                  {whole.name}
                </LinkAnchor>
              </Section>
            ) : (
              <Assigned id={id} />
            )}
            <Form key={found.id} guardrail={found} isDefault={whole !== undefined} />
            <Remove guardrail={found} name={name ?? found.name} isDefault={whole !== undefined} />
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function Form({ guardrail, isDefault }: { guardrail: Guardrail; isDefault: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [draft, setDraft] = useState<Change>(() => draftOf(guardrail));
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PATCH("/api/v1/guardrails/{guardrail_id}", {
          params: { path: { guardrail_id: guardrail.id } },
          body: bodyOf(draft, guardrail),
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["guardrails"] }),
  });
  const set = (part: Partial<Change>) => {
    save.reset(); // what is typed now is not saved
    setDraft((before) => ({ ...before, ...part }));
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <fieldset className={classes.plain} disabled={!may("guardrails:write")}>
          <Stack gap={40}>
            <Section title={t("guardrails.about")}>
              {!isDefault && (
                <TextInput
                  label={t("common.name")}
                  required
                  maxLength={200}
                  value={draft.name ?? ""}
                  onChange={(event) => set({ name: event.currentTarget.value })}
                />
              )}
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
            <DataPolicy draft={draft} set={set} />
            <Filters draft={draft} set={set} />
            <SaveRow save={save} />
          </Stack>
        </fieldset>
      </form>
      <Preview id={guardrail.id} draft={draft} />
    </>
  );
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
          value={draft.reset_interval ?? "monthly"}
          data={RESETS.map((value) => ({ value, label: t(`keys.resets.${value}`) }))}
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

function Remove({
  guardrail: { id },
  name,
  isDefault,
}: {
  guardrail: Guardrail;
  name: string;
  isDefault: boolean;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!may("guardrails:write")) return null;
  return (
    <Group>
      <Button
        variant="outline"
        color="red"
        onClick={() =>
          setAsked({
            title: isDefault ? t("guardrails.emptyTitle") : t("guardrails.deleteTitle", { name }),
            body: isDefault ? t("guardrails.emptyBody") : t("guardrails.deleteBody"),
            act: isDefault ? t("guardrails.empty") : t("common.delete"),
            ...(!isDefault && { name }),
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
        {isDefault ? t("guardrails.empty") : t("common.delete")}
      </Button>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Group>
  );
}
