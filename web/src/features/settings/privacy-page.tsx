/** `/settings/privacy`: which providers may see the account's requests, and under which terms; the default model. */
import { Group, Select, Stack, Switch, TagsInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { providerNamesQuery } from "@/shared/api/providers";
import type { components } from "@/shared/api/schema";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { ModelField } from "@/shared/ui/model-field";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import classes from "./settings.module.css";

type Defaults = components["schemas"]["RoutingDefaults"];
type Provider = components["schemas"]["PreferredProviders"];
const SORTS = ["price", "throughput", "latency", "exacto"] as const;

const defaultsQuery = queryOptions({
  queryKey: ["routing", "defaults"],
  queryFn: async ({ signal }): Promise<Defaults> =>
    (await taken(client.GET("/api/app/routing", { signal }))).data,
});

export function PrivacyPage() {
  const { t } = useTranslation();
  usePageTitle(t("privacy.title"));
  const defaults = useQuery(defaultsQuery);
  return (
    <>
      <PageTitle title={t("privacy.title")}>{t("privacy.lead")}</PageTitle>
      <Loaded query={defaults} rows={6}>
        {(found) => <Form defaults={found} />}
      </Loaded>
    </>
  );
}

function Form({ defaults }: { defaults: Defaults }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const names = useQuery(providerNamesQuery);
  const [model, setModel] = useState(defaults.default_model ?? "");
  const [provider, setProvider] = useState<Provider>(defaults.provider ?? {});
  const set = (part: Partial<Provider>) => setProvider((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const said = Object.entries(provider).filter(
        ([, value]) =>
          value !== null &&
          value !== false &&
          value !== undefined &&
          !(Array.isArray(value) && !value.length),
      );
      return taken(
        client.PUT("/api/app/routing", {
          body: {
            default_model: model.trim() || null,
            provider: said.length > 0 ? Object.fromEntries(said) : null,
          },
        }),
      );
    },
    onSuccess: ({ data }) => queries.setQueryData(defaultsQuery.queryKey, data),
  });
  const list = { splitChars: [",", " "], acceptValueOnBlur: true, data: names.data ?? [] };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset className={classes.plain} disabled={!may("settings:write")}>
        <Stack gap={40}>
          <Section title={t("privacy.data")} lead={t("privacy.dataLead")}>
            <Switch
              label={t("privacy.noTraining")}
              description={t("privacy.noTrainingNote")}
              checked={provider.data_collection === "deny"}
              onChange={(event) => set({ data_collection: event.currentTarget.checked ? "deny" : null })}
            />
            <Switch
              label={t("privacy.zdr")}
              description={t("privacy.zdrNote")}
              checked={provider.zdr === true}
              onChange={(event) => set({ zdr: event.currentTarget.checked || null })}
            />
            <Switch
              label={t("privacy.distillable")}
              description={t("privacy.distillableNote")}
              checked={provider.enforce_distillable_text === true}
              onChange={(event) => set({ enforce_distillable_text: event.currentTarget.checked || null })}
            />
          </Section>
          <Section title={t("privacy.providers")} lead={t("privacy.providersLead")}>
            <TagsInput
              label={t("privacy.only")}
              description={t("privacy.onlyNote")}
              value={provider.only ?? []}
              onChange={(only) => set({ only })}
              {...list}
            />
            <TagsInput
              label={t("privacy.ignore")}
              value={provider.ignore ?? []}
              onChange={(ignore) => set({ ignore })}
              {...list}
            />
            <TagsInput
              label={t("privacy.order")}
              description={t("privacy.orderNote")}
              value={provider.order ?? []}
              onChange={(order) => set({ order })}
              {...list}
            />
            <Select
              label={t("workspaces.sort")}
              description={t("workspaces.sortNote")}
              clearable
              placeholder={t("workspaces.sorts.none")}
              value={provider.sort ?? null}
              data={SORTS.map((value) => ({ value, label: t(`workspaces.sorts.${value}`) }))}
              onChange={(value) => set({ sort: SORTS.find((each) => each === value) ?? null })}
            />
          </Section>
          <Section title={t("privacy.model")} lead={t("privacy.modelLead")}>
            <ModelField label={t("workspaces.defaultModel")} value={model} onChange={setModel} />
          </Section>
          <Section title={t("privacy.logging")} lead={t("privacy.loggingLead")}>
            <Group>
              <LinkAnchor to="/settings/workspaces">{t("workspaces.title")}</LinkAnchor>
            </Group>
          </Section>
          <SaveRow save={save} />
        </Stack>
      </fieldset>
    </form>
  );
}
