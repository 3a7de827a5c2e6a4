/** Which providers answer, and in which order: defaults of every request of the account. */
import { Group, MultiSelect, NumberInput, Select, Switch, TagsInput, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { providerNamesQuery } from "@/shared/api/providers";
import type { components } from "@/shared/api/schema";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";

export type Preferred = components["schemas"]["PreferredProviders"];

const SORTS = ["price", "throughput", "latency", "exacto"] as const;
const PRICES = ["prompt", "completion", "request", "image", "audio"] as const;
const QUANTIZATIONS = [
  "fp32",
  "bf16",
  "fp16",
  "fp8",
  "mxfp8",
  "fp6",
  "fp4",
  "mxfp4",
  "nvfp4",
  "int8",
  "int4",
  "unknown",
];

interface Props {
  provider: Preferred;
  set: (part: Partial<Preferred>) => void;
}

export function Providers({ provider, set }: Props) {
  const { t } = useTranslation();
  const names = useQuery(providerNamesQuery);
  const list = { splitChars: [",", " "], acceptValueOnBlur: true, data: names.data ?? [] };
  return (
    <Section title={t("privacy.providers")} lead={t("privacy.providersLead")}>
      <FormFault error={names.error} />
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
      <Switch
        label={t("privacy.noFallbacks")}
        description={t("privacy.noFallbacksNote")}
        checked={provider.allow_fallbacks === false}
        onChange={(event) => set({ allow_fallbacks: event.currentTarget.checked ? false : null })}
      />
      <Switch
        label={t("privacy.parameters")}
        description={t("privacy.parametersNote")}
        checked={provider.require_parameters === true}
        onChange={(event) => set({ require_parameters: event.currentTarget.checked || null })}
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
  );
}

export function PriceAndSpeed({ provider, set }: Props) {
  const { t } = useTranslation();
  const most = provider.max_price ?? {};
  return (
    <Section title={t("privacy.bounds")} lead={t("privacy.boundsLead")}>
      <Text size="sm" id="most-paid">
        {t("privacy.mostPaid")}
      </Text>
      <Group gap="sm" role="group" aria-labelledby="most-paid">
        {PRICES.map((part) => (
          <NumberInput
            key={part}
            label={t(`privacy.prices.${part}`)}
            w={150}
            prefix="$"
            min={0}
            max={1_000_000}
            hideControls
            placeholder={t("common.none")}
            value={most[part] ?? ""}
            onChange={(value) => set({ max_price: { ...most, [part]: value === "" ? null : Number(value) } })}
          />
        ))}
      </Group>
      <Group gap="sm" align="flex-end">
        <NumberInput
          label={t("privacy.throughput")}
          w={230}
          min={0}
          hideControls
          placeholder={t("common.none")}
          value={provider.preferred_min_throughput ?? ""}
          onChange={(value) => set({ preferred_min_throughput: value === "" ? null : Number(value) })}
        />
        <NumberInput
          label={t("privacy.latency")}
          w={230}
          min={0}
          hideControls
          placeholder={t("common.none")}
          value={provider.preferred_max_latency ?? ""}
          onChange={(value) => set({ preferred_max_latency: value === "" ? null : Number(value) })}
        />
      </Group>
      <Text size="xs" c="dimmed">
        {t("privacy.speedNote")}
      </Text>
      <MultiSelect
        label={t("privacy.quantizations")}
        description={t("privacy.quantizationsNote")}
        clearable
        searchable
        value={provider.quantizations ?? []}
        data={QUANTIZATIONS}
        onChange={(quantizations) => set({ quantizations })}
      />
    </Section>
  );
}

/** What was said, without what says nothing; null where nothing was. A `false` is an answer too. */
export function saidOf(provider: Preferred): Preferred | null {
  const price = Object.entries(provider.max_price ?? {}).filter(([, value]) => value !== null);
  const said = Object.entries({
    ...provider,
    max_price: price.length ? Object.fromEntries(price) : null,
  }).filter(
    ([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return said.length > 0 ? Object.fromEntries(said) : null;
}
