/** `/settings/observability/{id}`: how deliveries go, where it is, and which requests it hears of. */
import { Button, Group, MultiSelect, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { Facts } from "@/shared/ui/facts";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { DestinationFields } from "./destination-fields";
import { rateOf, Share } from "./destination-form";
import {
  type Config,
  configOf,
  type Destination,
  destinationQuery,
  headersOf,
  kindOf,
  linesOf,
  type Rules,
  rulesOf,
  shownOf,
} from "./destination-queries";
import { DestinationRules } from "./destination-rules";
import { TestCall, useFailing } from "./destination-test";
import { keyNamesQuery } from "./guardrail-queries";
import classes from "./settings.module.css";

const route = getRouteApi("/settings/observability/$id");
const TELLS = [
  "broadcast_generation_cost",
  "broadcast_generation_identity",
  "broadcast_generation_request_context",
] as const;

export function DestinationPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const destination = useQuery(destinationQuery(id));
  usePageTitle(destination.data?.name ?? t("observability.title"));
  return (
    <Loaded query={destination}>
      {(found) => (
        <>
          <LinkAnchor to="/settings/observability" size="sm">
            {t("observability.all")}
          </LinkAnchor>
          <PageTitle title={found.name ?? found.type}>
            {t(`observability.kinds.${kindOf(found.type)}`)}
          </PageTitle>
          <Stack gap={40}>
            <Deliveries of={found} refresh={() => void destination.refetch()} />
            <Form key={found.id} destination={found} />
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function Deliveries({ of: { id, delivery }, refresh }: { of: Destination; refresh: () => void }) {
  const { t } = useTranslation();
  const words = useFailing();
  const may = useMay();
  return (
    <Section title={t("observability.deliveries")}>
      <Facts
        facts={[
          [
            t("observability.delivered"),
            delivery.delivered_at ? <When key="at" at={delivery.delivered_at} /> : t("common.never"),
          ],
          [
            t("observability.lastFault"),
            delivery.fault ? (
              <span key="fault">
                {words(delivery)} <When at={delivery.fault_at} />
              </span>
            ) : (
              t("common.none")
            ),
          ],
          [t("observability.givenUp"), delivery.dropped],
        ]}
      />
      <Group gap="sm" align="flex-start">
        {may("destinations:write") && <TestCall id={id} />}
        <Button size="compact-sm" variant="subtle" onClick={refresh}>
          {t("observability.refresh")}
        </Button>
      </Group>
    </Section>
  );
}

interface Draft {
  name: string;
  config: Config;
  lines: string;
  enabled: boolean;
  isPrivate: boolean;
  share: number | string;
  keys: string[];
  rules: Rules | null;
  tells: Record<(typeof TELLS)[number], boolean>;
}

function draftOf(destination: Destination): Draft {
  const { broadcast_generation_cost, broadcast_generation_identity, broadcast_generation_request_context } =
    destination;
  return {
    name: destination.name ?? "",
    config: shownOf(destination),
    lines: linesOf(destination),
    enabled: destination.enabled,
    isPrivate: destination.privacy_mode,
    share: Math.round(destination.sampling_rate * 10_000) / 100,
    keys: destination.api_key_hashes ?? [],
    rules: destination.filter_rules,
    tells: {
      broadcast_generation_cost,
      broadcast_generation_identity,
      broadcast_generation_request_context,
    },
  };
}

function Form({ destination }: { destination: Destination }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const keys = useQuery(keyNamesQuery);
  const [draft, setDraft] = useState(() => draftOf(destination));
  const kind = kindOf(destination.type);
  const save = useMutation({
    gcTime: 0,
    mutationFn: () =>
      taken(
        client.PATCH("/api/v1/observability/destinations/{id}", {
          params: { path: { id: destination.id } },
          body: {
            name: draft.name.trim(),
            config: configOf(kind, draft.config, draft.lines, destination),
            enabled: draft.enabled,
            privacy_mode: draft.isPrivate,
            sampling_rate: rateOf(draft.share),
            api_key_hashes: draft.keys.length ? draft.keys : null,
            filter_rules: rulesOf(draft.rules),
            ...draft.tells,
          },
        }),
      ),
    onSuccess: ({ data }) => {
      setDraft(draftOf(data)); // typed secrets go from the page with that
      return queries.invalidateQueries({ queryKey: ["destinations"] });
    },
  });
  const set = (part: Partial<Draft>) => {
    save.reset(); // what is typed now is not saved
    setDraft((before) => ({ ...before, ...part }));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset className={classes.plain} disabled={!may("destinations:write")}>
        <Stack gap={40}>
          <Section title={t("observability.where")} lead={t("observability.whereLead")}>
            <TextInput
              label={t("common.name")}
              required
              maxLength={200}
              value={draft.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <DestinationFields
              kind={kind}
              config={draft.config}
              setConfig={(config) => set({ config })}
              lines={draft.lines}
              setLines={(lines) => set({ lines })}
              isKnown
            />
            <Switch
              label={t("observability.enabled")}
              checked={draft.enabled}
              onChange={(event) => set({ enabled: event.currentTarget.checked })}
            />
          </Section>
          <Section title={t("observability.what")}>
            <Switch
              label={t("observability.contents")}
              description={t("observability.contentsNote")}
              checked={!draft.isPrivate}
              onChange={(event) => set({ isPrivate: !event.currentTarget.checked })}
            />
            {TELLS.map((field) => (
              <Switch
                key={field}
                label={t(`observability.tells.${field}`)}
                checked={draft.tells[field]}
                onChange={(event) => set({ tells: { ...draft.tells, [field]: event.currentTarget.checked } })}
              />
            ))}
          </Section>
          <Section title={t("observability.which")} lead={t("observability.whichLead")}>
            <Share value={draft.share} onChange={(share) => set({ share })} />
            <MultiSelect
              label={t("shell.keys")}
              description={t("observability.keysNote")}
              searchable
              clearable
              value={draft.keys}
              data={keys.data ?? []}
              onChange={(value) => set({ keys: value })}
            />
            <FormFault error={keys.error} />
            <DestinationRules rules={draft.rules} set={(rules) => set({ rules })} />
          </Section>
          <SaveRow save={save} disabled={headersOf(draft.lines) === null} />
        </Stack>
      </fieldset>
    </form>
  );
}
