/** `/admin/margins`: what was charged, what providers charge for it, and what is left; by day, model or provider, over time. */
import { Group, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { formatNumber, formatPercent, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { MarginChart } from "./margin-chart";
import { type MarginLine, marginsQuery } from "./queries";
import { BY, type MarginsSearch } from "./search";

const route = getRouteApi("/admin/margins");
const DAYS = 30;

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

export function MarginsPage() {
  const { t } = useTranslation();
  usePageTitle(t("money.margins.title"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const wanted = { by: search.by ?? "day", since: search.since ?? dayBefore(DAYS - 1), until: search.until };
  const margins = useQuery(marginsQuery(wanted));
  const set = (part: MarginsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <>
      <PageTitle title={t("money.margins.title")}>{t("money.margins.lead")}</PageTitle>
      <Stack gap="lg">
        <Group gap="sm" align="flex-end">
          <SegmentedControl
            aria-label={t("money.margins.by")}
            value={wanted.by}
            data={BY.map((value) => ({ value, label: t(`money.by.${value}`) }))}
            onChange={(value) => set({ by: BY.find((each) => each === value) })}
          />
          <TextInput
            type="date"
            label={t("money.margins.since")}
            value={wanted.since}
            onChange={(event) => set({ since: event.currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            label={t("money.margins.until")}
            value={wanted.until ?? ""}
            onChange={(event) => set({ until: event.currentTarget.value || undefined })}
          />
        </Group>
        <Loaded query={margins} rows={6}>
          {({ data, total, by }) =>
            data.length === 0 ? (
              <Empty title={t("money.margins.none")}>{t("money.margins.noneBody")}</Empty>
            ) : (
              <>
                <Totals total={total} />
                <MarginChart by={wanted.by} since={wanted.since} until={wanted.until} />
                <Lines rows={by === "day" ? [...data].reverse() : byRevenue(data)} />
              </>
            )
          }
        </Loaded>
      </Stack>
    </>
  );
}

function byRevenue(rows: MarginLine[]): MarginLine[] {
  return [...rows].sort((one, other) => Number(other.revenue) - Number(one.revenue));
}

function share(line: MarginLine): string {
  const revenue = Number(line.revenue);
  return revenue > 0 ? formatPercent(Number(line.margin) / revenue) : "—";
}

function Totals({ total }: { total: MarginLine }) {
  const { t } = useTranslation();
  const figures: [string, string][] = [
    [t("money.margins.revenue"), formatUsd(Number(total.revenue))],
    [t("money.margins.cost"), formatUsd(Number(total.cost) + Number(total.wasted))],
    [t("money.margins.margin"), formatUsd(Number(total.margin))],
    [t("money.margins.share"), share(total)],
  ];
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 2, sm: 4 }} maw={760}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <Text size="sm" c="dimmed">
              {name}
            </Text>
            <Text fz="1.35rem" fw={650}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {total.unknown > 0 && (
        <Text size="sm" c="dimmed">
          {t("money.margins.unknown", { count: total.unknown })}
        </Text>
      )}
    </Stack>
  );
}

function Lines({ rows }: { rows: MarginLine[] }) {
  const { t } = useTranslation();
  const usd = (name: "revenue" | "cost" | "wasted" | "margin") => (line: MarginLine) =>
    formatUsd(Number(line[name]));
  return (
    <DataTable
      rows={rows}
      keyOf={({ name }) => name}
      label={t("money.margins.title")}
      columns={[
        { label: t("money.margins.line"), cell: ({ name }) => name || t("common.unknown") },
        {
          label: t("money.margins.answers"),
          isNumber: true,
          cell: ({ answers }) => formatNumber(answers),
        },
        { label: t("money.margins.revenue"), isNumber: true, cell: usd("revenue") },
        { label: t("money.margins.paidOut"), isNumber: true, cell: usd("cost") },
        { label: t("money.margins.wasted"), isNumber: true, cell: usd("wasted") },
        { label: t("money.margins.margin"), isNumber: true, cell: usd("margin") },
        { label: t("money.margins.share"), isNumber: true, cell: share },
      ]}
    />
  );
}
