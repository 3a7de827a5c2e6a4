/** A provider's keys: a live test of each, its share of the requests, and taking one away. */
import { Badge, Button, Group, NumberInput, Stack, Text, Tooltip } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatMilliseconds, formatNumber } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import { useErrorText, useReasonText } from "@/shared/ui/error-text";
import { Section } from "@/shared/ui/section";
import { healthQuery, type Item, type Json, type ProviderState } from "./catalog-queries";
import { Consent } from "./json-editor";

interface OneKey {
  name: string;
  weight: number;
}

function keysOf(item: Item, state: ProviderState): OneKey[] {
  const own = Array.isArray(item.value.api_keys) ? (item.value.api_keys as Json[]) : [];
  const weights = new Map(own.map((each) => [String(each.name), Number(each.weight ?? 1)]));
  return state.keys.map((name) => ({ name, weight: weights.get(name) ?? 1 }));
}

export function ProviderKeys({ state, item }: { state: ProviderState; item: Item }) {
  const { t } = useTranslation();
  const [keys, setKeys] = useState(() => keysOf(item, state));
  const health = useQuery(healthQuery);
  if (state.keys.length === 0) return null;
  const set = (name: string, weight: number) =>
    setKeys((before) => before.map((each) => (each.name === name ? { ...each, weight } : each)));
  const left = new Map(keys.map((each) => [each.name, each.weight]));
  const stored = Array.isArray(item.value.api_keys) ? (item.value.api_keys as Json[]) : [];
  const value: Json = {
    ...item.value,
    ...(left.has("main") ? {} : { api_key: "" }),
    api_keys: stored
      .filter((each) => left.has(String(each.name)))
      .map((each) => ({ ...each, weight: left.get(String(each.name)) ?? 1 })),
  };
  const isChanged =
    keys.length !== state.keys.length ||
    keysOf(item, state).some(({ name, weight }) => left.get(name) !== weight);
  const rests = (name: string) =>
    health.data?.keys.filter((each) => each.provider === state.slug && each.key === name) ?? [];
  return (
    <Section title={t("admin.keys")} lead={t("admin.keysLead")} wide>
      <DataTable
        rows={keys}
        keyOf={({ name }) => name}
        label={t("admin.keys")}
        columns={[
          { label: t("common.name"), cell: ({ name }) => <code className="mp-mono">{name}</code> },
          {
            label: t("common.state"),
            cell: ({ name }) => {
              const resting = rests(name);
              return resting.length > 0 ? (
                <Tooltip
                  label={t("admin.health.restsFor", {
                    seconds: formatNumber(Math.max(...resting.map(({ rests_seconds }) => rests_seconds))),
                  })}
                >
                  <Badge color="red">{t("admin.health.standings.resting")}</Badge>
                </Tooltip>
              ) : (
                <Badge>{t("admin.active")}</Badge>
              );
            },
          },
          {
            label: t("admin.weight"),
            cell: ({ name, weight }) =>
              name === "main" ? (
                formatNumber(weight)
              ) : (
                <NumberInput
                  size="xs"
                  w={90}
                  aria-label={t("admin.weightOf", { name })}
                  min={1}
                  max={1000}
                  allowDecimal={false}
                  value={weight}
                  onChange={(typed) => set(name, Math.max(Number(typed) || 1, 1))}
                />
              ),
          },
          { label: t("admin.test"), cell: ({ name }) => <LiveTest slug={state.slug} name={name} /> },
          {
            cell: ({ name }) =>
              state.keys.length > 1 && (
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => setKeys((before) => before.filter((each) => each.name !== name))}
                >
                  {t("organization.remove")}
                </Button>
              ),
          },
        ]}
      />
      {isChanged && (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t("admin.keysChanged")}
          </Text>
          <Consent kind="providers" name={state.slug} value={value} mark={item.mark} />
          <Group>
            <Button size="compact-sm" variant="subtle" onClick={() => setKeys(keysOf(item, state))}>
              {t("common.cancel")}
            </Button>
          </Group>
        </Stack>
      )}
    </Section>
  );
}

const COLORS = { works: "tide", refused: "red", unknown: "gray" } as const;

function LiveTest({ slug, name }: { slug: string; name: string }) {
  const { t } = useTranslation();
  const text = useErrorText();
  const reasonOf = useReasonText();
  const tried = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/catalog/providers/{slug}/keys/{name}/test", {
          params: { path: { slug, name } },
        }),
      ),
  });
  return (
    <Group gap="sm">
      <Button size="compact-sm" variant="default" loading={tried.isPending} onClick={() => tried.mutate()}>
        {t("admin.testNow")}
      </Button>
      {tried.data && (
        <span role="status">
          <Badge color={COLORS[tried.data.verdict]}>{t(`admin.verdicts.${tried.data.verdict}`)}</Badge>{" "}
          <Text span size="xs" c="dimmed">
            {reasonOf(tried.data.metadata) ??
              tried.data.message ??
              formatMilliseconds(tried.data.milliseconds)}
          </Text>
        </span>
      )}
      {tried.isError && (
        <Text size="xs" c="red" role="alert">
          {text(tried.error)}
        </Text>
      )}
    </Group>
  );
}
