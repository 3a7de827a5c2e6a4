/** A model's endpoints: on or off, and their prices in USD per million tokens, exact to the last digit. */
import { Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { shiftPoint } from "@/shared/lib/decimal";
import { AuthorMark } from "@/shared/ui/author-mark";
import { Section } from "@/shared/ui/section";
import classes from "./audit.module.css";
import type { Item, Json } from "./catalog-queries";
import { Consent } from "./json-editor";

const PRICES = ["prompt", "completion", "input_cache_read"] as const;
type Price = (typeof PRICES)[number];
type Side = "pricing" | "cost";

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function endpointsOf(item: Item): Json[] {
  return Array.isArray(item.value.endpoints) ? item.value.endpoints.filter(isJson) : [];
}

function perMillion(endpoint: Json, side: Side, price: Price): string {
  const prices = endpoint[side];
  const found = isJson(prices) ? prices[price] : undefined;
  return typeof found === "string" ? (shiftPoint(found, 6) ?? found) : "";
}

/** The endpoint with another price; an empty one is none, and without both main prices a cost is none either. */
function withPrice(endpoint: Json, side: Side, price: Price, typed: string): Json {
  const before = isJson(endpoint[side]) ? endpoint[side] : {};
  const prices: Json = { ...before, [price]: typed.trim() ? (shiftPoint(typed, -6) ?? typed) : null };
  const kept = Object.fromEntries(Object.entries(prices).filter(([, value]) => value !== null));
  const isGone = side === "cost" && Object.keys(kept).length === 0;
  return { ...endpoint, [side]: isGone ? null : kept };
}

export function EndpointsEditor({ id, item }: { id: string; item: Item }) {
  const { t } = useTranslation();
  const [endpoints, setEndpoints] = useState(() => endpointsOf(item));
  const set = (index: number, endpoint: Json) =>
    setEndpoints((before) => before.map((each, at) => (at === index ? endpoint : each)));
  return (
    <Section title={t("admin.catalog.endpoints")} lead={t("admin.catalog.endpointsLead")} wide>
      {endpoints.length === 0 && <Text c="dimmed">{t("admin.catalog.noEndpoints")}</Text>}
      {endpoints.map((endpoint, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: neither moves nor leaves while it is edited here
        <Endpoint key={index} endpoint={endpoint} set={(changed) => set(index, changed)} />
      ))}
      <Consent kind="models" name={id} value={{ ...item.value, endpoints }} mark={item.mark} />
    </Section>
  );
}

function Endpoint({ endpoint, set }: { endpoint: Json; set: (changed: Json) => void }) {
  const { t } = useTranslation();
  const provider = String(endpoint.provider);
  const tag = endpoint.variant ? `${provider}/${endpoint.variant}` : provider;
  const labels = {
    prompt: t("models.promptPrice"),
    completion: t("models.completionPrice"),
    input_cache_read: t("model.cachePrice"),
  };
  return (
    <fieldset className={classes.endpoint}>
      <legend className="mp-visually-hidden">{tag}</legend>
      <Stack gap="xs">
        <Group justify="space-between" gap="sm">
          <Group gap={8}>
            <AuthorMark author={provider} size={18} />
            <b>{tag}</b>
            <code className="mp-mono">{String(endpoint.upstream_model)}</code>
          </Group>
          <Switch
            label={t("admin.catalog.inService")}
            checked={endpoint.status !== "disabled"}
            onChange={(event) =>
              set({ ...endpoint, status: event.currentTarget.checked ? "active" : "disabled" })
            }
          />
        </Group>
        {(["pricing", "cost"] as const).map((side) => (
          <Group key={side} gap="sm" align="flex-end">
            <Text size="sm" w={{ base: "100%", sm: 110 }} c="dimmed" pb={{ base: 0, sm: 8 }}>
              {side === "pricing" ? t("admin.catalog.callersPay") : t("admin.catalog.youPay")}
            </Text>
            {PRICES.map((price) => (
              <TextInput
                key={price}
                size="xs"
                w={{ base: 96, sm: 130 }}
                label={labels[price]}
                inputMode="decimal"
                leftSection="$"
                error={!/^\d*\.?\d*$/.test(perMillion(endpoint, side, price))}
                value={perMillion(endpoint, side, price)}
                onChange={(event) => set(withPrice(endpoint, side, price, event.currentTarget.value))}
              />
            ))}
          </Group>
        ))}
      </Stack>
    </fieldset>
  );
}
