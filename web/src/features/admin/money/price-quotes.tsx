/** What a model costs an account of a group: of each endpoint the catalogue's price, the charged one, and its cost. */
import { Group, Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { exactUsd, shiftPoint } from "@/shared/lib/decimal";
import { DataTable } from "@/shared/ui/data-table";
import { Loaded } from "@/shared/ui/loaded";
import { ModelField } from "@/shared/ui/model-field";
import { asPercent, groupsQuery, type PriceQuote, type PriceRule, quoteQuery } from "./price-queries";

const WAIT_MS = 250;

export function PriceQuotes({ rules }: { rules: PriceRule[] }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [group, setGroup] = useState<string | null>(null);
  const [model] = useDebouncedValue(typed.trim(), WAIT_MS);
  const groups = useQuery(groupsQuery);
  const isId = model.includes("/");
  const quotes = useQuery(quoteQuery(isId ? model : "", group));
  return (
    <>
      <Group gap="sm" align="flex-end">
        <div style={{ flex: "1 1 260px", maxWidth: 420 }}>
          <ModelField label={t("common.model")} value={typed} onChange={setTyped} />
        </div>
        <Select
          label={t("prices.forWhom")}
          w={220}
          clearable
          placeholder={t("prices.noGroup")}
          data={(groups.data ?? []).map(({ name }) => name)}
          value={group}
          onChange={setGroup}
        />
      </Group>
      {isId && (
        <Loaded query={quotes} rows={2}>
          {(rows) =>
            rows.length === 0 ? (
              <Text c="dimmed">{t("prices.nobodyServes")}</Text>
            ) : (
              <Quotes rows={rows} rules={rules} />
            )
          }
        </Loaded>
      )}
    </>
  );
}

/** Prompt and completion by the million, to the last digit. */
function perMillion(prices: PriceQuote["listed"]): string {
  return [prices.prompt, prices.completion]
    .map((price) => (price === undefined ? "—" : exactUsd(shiftPoint(price, 6) ?? price)))
    .join(" / ");
}

function Quotes({ rows, rules }: { rows: PriceQuote[]; rules: PriceRule[] }) {
  const { t } = useTranslation();
  const told = ({ rules: ids }: PriceQuote) =>
    ids
      .map((id) => rules.find((each) => each.id === id))
      .map((rule) =>
        rule
          ? [
              rule.markup ? `+${asPercent(rule.markup)}` : "",
              rule.discount ? `−${asPercent(rule.discount)}` : "",
            ]
              .filter(Boolean)
              .join(" ")
          : t("common.unknown"),
      )
      .join(", ") || t("common.none");
  return (
    <DataTable
      rows={rows}
      keyOf={({ tag }) => tag}
      label={t("prices.quote")}
      columns={[
        { label: t("common.provider"), cell: ({ tag }) => <code className="mp-mono">{tag}</code> },
        { label: t("prices.listed"), isNumber: true, cell: ({ listed }) => perMillion(listed) },
        { label: t("prices.charged"), isNumber: true, cell: ({ charged }) => perMillion(charged) },
        { label: t("prices.providerCost"), isNumber: true, cell: ({ cost }) => perMillion(cost) },
        { label: t("prices.rules"), cell: told },
      ]}
    />
  );
}
