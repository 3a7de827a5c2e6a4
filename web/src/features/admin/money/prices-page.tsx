/** `/admin/prices`: mark-ups and discounts by model, provider and group of accounts, and what comes of them. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { exactUsd } from "@/shared/lib/decimal";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm, Dialog } from "@/shared/ui/dialog";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";
import { asPercent, groupsQuery, type PriceRule, pricingKey, rulesQuery } from "./price-queries";
import { PriceQuotes } from "./price-quotes";
import { PriceRuleForm } from "./price-rule-form";

export function PricesPage() {
  const { t } = useTranslation();
  usePageTitle(t("prices.title"));
  const queries = useQueryClient();
  const rules = useQuery(rulesQuery);
  const [edited, setEdited] = useState<PriceRule | "new" | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const end = (rule: PriceRule): Asked => ({
    title: t("prices.endTitle"),
    body: t("prices.endBody"),
    act: t("prices.end"),
    run: async () => {
      await taken(
        client.DELETE("/api/admin/pricing/rules/{rule_id}", { params: { path: { rule_id: rule.id } } }),
      );
      await queries.invalidateQueries({ queryKey: pricingKey });
    },
  });
  return (
    <>
      <PageTitle
        title={t("prices.title")}
        aside={
          <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
            {t("prices.add")}
          </Button>
        }
      >
        {t("prices.lead")}
      </PageTitle>
      <Stack gap={40}>
        <Loaded query={rules} rows={3}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title={t("prices.none")}>{t("prices.noneBody")}</Empty>
            ) : (
              <RuleTable rows={rows} edit={setEdited} end={(rule) => setAsked(end(rule))} />
            )
          }
        </Loaded>
        <Section title={t("prices.quote")} lead={t("prices.quoteLead")} wide>
          <PriceQuotes rules={rules.data ?? []} />
        </Section>
        <Section title={t("prices.groups")} lead={t("prices.groupsLead")}>
          <Groups />
        </Section>
      </Stack>
      <Dialog
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={t(edited === "new" ? "prices.add" : "prices.change")}
      >
        {edited && (
          <PriceRuleForm rule={edited === "new" ? undefined : edited} close={() => setEdited(null)} />
        )}
      </Dialog>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </>
  );
}

function RuleTable({
  rows,
  edit,
  end,
}: {
  rows: PriceRule[];
  edit: (rule: PriceRule) => void;
  end: (rule: PriceRule) => void;
}) {
  const { t } = useTranslation();
  const code = (text: string | null | undefined, all: string) =>
    text ? <code className="mp-mono">{text}</code> : all;
  return (
    <DataTable
      rows={rows}
      keyOf={({ id }) => id}
      label={t("prices.title")}
      columns={[
        { label: t("prices.group"), cell: ({ group }) => group || t("prices.everybody") },
        { label: t("common.model"), cell: ({ model }) => code(model, t("prices.everyModel")) },
        { label: t("common.provider"), cell: ({ provider }) => code(provider, t("prices.everyProvider")) },
        { label: t("prices.markup"), isNumber: true, cell: ({ markup }) => asPercent(markup) },
        { label: t("prices.discount"), isNumber: true, cell: ({ discount }) => asPercent(discount) },
        {
          label: t("prices.ofADollar"),
          isNumber: true,
          cell: ({ of_a_dollar }) => exactUsd(of_a_dollar),
        },
        {
          label: t("prices.endpoints"),
          isNumber: true,
          cell: ({ endpoints }) =>
            endpoints > 0 ? (
              formatNumber(endpoints)
            ) : (
              <Text span size="sm" c="dimmed">
                {t("prices.fitsNothing")}
              </Text>
            ),
        },
        {
          cell: (rule) => (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              <Button size="compact-sm" variant="default" onClick={() => edit(rule)}>
                {t("prices.edit")}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => end(rule)}>
                {t("prices.end")}
              </Button>
            </Group>
          ),
        },
      ]}
    />
  );
}

function Groups() {
  const { t } = useTranslation();
  const groups = useQuery(groupsQuery);
  return (
    <Stack gap="xs">
      <Loaded query={groups} rows={2}>
        {(rows) =>
          rows.length === 0 ? (
            <Text c="dimmed">{t("prices.noGroups")}</Text>
          ) : (
            <DataTable
              rows={rows}
              keyOf={({ name }) => name}
              label={t("prices.groups")}
              columns={[
                {
                  label: t("prices.group"),
                  cell: ({ name }) => (
                    <LinkAnchor to="/admin/accounts" search={{ group: name }}>
                      {name}
                    </LinkAnchor>
                  ),
                },
                {
                  label: t("admin.accounts.title"),
                  isNumber: true,
                  cell: ({ accounts }) => formatNumber(accounts),
                },
                { label: t("prices.rules"), isNumber: true, cell: ({ rules }) => formatNumber(rules) },
              ]}
            />
          )
        }
      </Loaded>
      <span>
        <LinkAnchor to="/admin/accounts">{t("prices.toAccounts")}</LinkAnchor>
      </span>
    </Stack>
  );
}
