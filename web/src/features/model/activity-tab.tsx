/** The model over time: how much it is used, how reliably and how fast its providers answer, and which apps use it. */
import { SegmentedControl, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Model, type ModelMarket, modelMarketQuery } from "@/shared/api/models";
import { formatCompact, formatMilliseconds, formatNumber, formatPercent } from "@/shared/lib/format";
import { appTitle } from "@/shared/ui/app-name";
import { Chart } from "@/shared/ui/chart/chart";
import { LinkAnchor } from "@/shared/ui/links";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";

const SPANS = ["week", "month"] as const;
type Day = ModelMarket["days"][number];

export function ActivityTab({ model }: { model: Model }) {
  const { t } = useTranslation();
  const [span, setSpan] = useState<(typeof SPANS)[number]>("month");
  const market = useQuery({ ...modelMarketQuery(model.id, span), placeholderData: keepPreviousData });
  const used = market.data?.days.some((day) => day.requests + day.failed > 0);
  return (
    <Stack gap="lg">
      <SegmentedControl
        aria-label={t("rankings.span")}
        value={span}
        w="fit-content"
        data={SPANS.map((each) => ({ value: each, label: t(`rankings.spans.${each}`) }))}
        onChange={(value) => setSpan(SPANS.find((each) => each === value) ?? "month")}
      />
      {market.isPending && <LoadingRows rows={3} height={230} />}
      {market.isError && <Failed error={market.error} retry={() => void market.refetch()} />}
      {market.data && !used && <Empty title={t("model.unused")}>{t("model.unusedBody")}</Empty>}
      {market.data && used && <Charts market={market.data} />}
    </Stack>
  );
}

function Charts({ market }: { market: ModelMarket }) {
  const { t } = useTranslation();
  const labels = market.days.map((day) => day.date.slice(5));
  const byProvider = (value: (day: Day) => number | null) =>
    market.providers.map((each) => ({ name: each.name, values: each.days.map(value) }));
  const plain = (day: Day) => Math.max(0, day.completion_tokens - day.reasoning_tokens);
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing={40} verticalSpacing={40}>
      <Section title={t("model.tokensChart")}>
        <Chart
          title={t("model.tokensChart")}
          labels={labels}
          series={[
            { name: t("model.prices.prompt"), values: market.days.map((day) => day.prompt_tokens) },
            { name: t("model.prices.completion"), values: market.days.map(plain) },
            {
              name: t("model.prices.internal_reasoning"),
              values: market.days.map((day) => day.reasoning_tokens),
            },
          ]}
          format={formatCompact}
        />
      </Section>
      <Section title={t("model.uptimeChart")}>
        <Chart
          title={t("model.uptimeChart")}
          kind="lines"
          labels={labels}
          series={byProvider(({ requests, failed }) =>
            requests + failed ? requests / (requests + failed) : null,
          )}
          most={1}
          format={(value) => formatPercent(value)}
        />
      </Section>
      <Section title={t("model.latencyChart")}>
        <Chart
          title={t("model.latencyChart")}
          kind="lines"
          labels={labels}
          series={byProvider((day) => day.latency)}
          format={(value) => (value < 10 ? `${formatNumber(value, 1)} ms` : formatMilliseconds(value))}
        />
      </Section>
      <Section title={t("model.throughputChart")}>
        <Chart
          title={t("model.throughputChart")}
          kind="lines"
          labels={labels}
          series={byProvider((day) => day.throughput)}
          format={(value) => formatNumber(value, value < 10 ? 1 : 0)}
        />
      </Section>
      <Section title={t("model.apps7")}>
        {market.apps.length === 0 && <Text c="dimmed">{t("rankings.noApps")}</Text>}
        {market.apps.length > 0 && (
          <Table aria-label={t("model.apps7")} verticalSpacing={8}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("common.app")}</Table.Th>
                <Table.Th className="mp-num">{t("common.tokens")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {market.apps.map((app) => (
                <Table.Tr key={app.id}>
                  <Table.Td>
                    <LinkAnchor to="/apps/$id" params={{ id: String(app.id) }}>
                      {appTitle(app)}
                    </LinkAnchor>
                  </Table.Td>
                  <Table.Td className="mp-num">{formatCompact(app.tokens)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Section>
    </SimpleGrid>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} style={{ minWidth: 0 }}>
      <Title order={2} size="h3" mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}
