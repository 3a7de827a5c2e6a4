/** `/settings/privacy`: which providers may see the account's requests, and under which terms; the default model. */
import { Group, Stack, Switch } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { accountSettingsQuery } from "@/shared/api/models";
import type { components } from "@/shared/api/schema";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { ModelField } from "@/shared/ui/model-field";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { type Preferred, PriceAndSpeed, Providers, saidOf } from "./provider-preferences";
import classes from "./settings.module.css";

type Defaults = components["schemas"]["RoutingDefaults"];

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
        {(found) => (
          <Stack gap={40}>
            <Form defaults={found} />
            <Listed />
          </Stack>
        )}
      </Loaded>
    </>
  );
}

/** Whether lists of models show the account only what it may use. */
function Listed() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const settings = useQuery(accountSettingsQuery);
  const save = useMutation({
    mutationFn: async (only: boolean) =>
      (
        await taken(
          client.PATCH("/api/v1/organization/settings", {
            body: { is_filtered_model_catalog_enabled: only },
          }),
        )
      ).data,
    onSuccess: (now) => {
      queries.setQueryData(accountSettingsQuery.queryKey, now);
      return queries.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <Section title={t("privacy.catalog")}>
      <Loaded query={settings} rows={1}>
        {(found) => (
          <Switch
            label={t("privacy.onlyUsable")}
            description={t("privacy.onlyUsableNote")}
            checked={save.isPending ? save.variables : found.is_filtered_model_catalog_enabled}
            disabled={!may("settings:write")}
            onChange={(event) => save.mutate(event.currentTarget.checked)}
          />
        )}
      </Loaded>
      <FormFault error={save.error} />
    </Section>
  );
}

function Form({ defaults }: { defaults: Defaults }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [model, setModel] = useState(defaults.default_model ?? "");
  const [provider, setProvider] = useState<Preferred>(defaults.provider ?? {});
  const [safety, setSafety] = useState({
    allow_safety_retention_google: defaults.allow_safety_retention_google ?? null,
    allow_safety_retention_other: defaults.allow_safety_retention_other ?? null,
  });
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PUT("/api/app/routing", {
          body: { ...safety, default_model: model.trim() || null, provider: saidOf(provider) },
        }),
      ),
    onSuccess: ({ data }) => queries.setQueryData(defaultsQuery.queryKey, data),
  });
  const set = (part: Partial<Preferred>) => {
    save.reset(); // what is typed now is not saved
    setProvider((before) => ({ ...before, ...part }));
  };
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
            {(["google", "other"] as const).map((group) => (
              <Switch
                key={group}
                label={t(`privacy.safety.${group}`)}
                description={t("privacy.safety.note")}
                checked={safety[`allow_safety_retention_${group}`] === true}
                onChange={(event) => {
                  const allowed = event.currentTarget.checked || null;
                  save.reset();
                  setSafety((before) => ({ ...before, [`allow_safety_retention_${group}`]: allowed }));
                }}
              />
            ))}
            <Switch
              label={t("privacy.distillable")}
              description={t("privacy.distillableNote")}
              checked={provider.enforce_distillable_text === true}
              onChange={(event) => set({ enforce_distillable_text: event.currentTarget.checked || null })}
            />
          </Section>
          <Providers provider={provider} set={set} />
          <PriceAndSpeed provider={provider} set={set} />
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
