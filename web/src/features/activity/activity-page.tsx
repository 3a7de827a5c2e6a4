/** `/activity`: what was spent on what, over time, and every generation of it. */
import {
  Box,
  Button,
  Card,
  Container,
  Group,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { formatCompact, formatNumber, formatPercent, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { useSignedIn } from "@/shared/lib/use-signed-in";
import { Chart } from "@/shared/ui/chart/chart";
import { DataTable } from "@/shared/ui/data-table";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { Log } from "./log";
import { csvAddress, seriesQuery } from "./queries";
import { type ActivitySearch, GROUPS, METRICS, PERIODS, readActivitySearch } from "./search";
import { sumsOf, toChart } from "./series";

const route = getRouteApi("/activity");
const MOST_SUMS = 20;

export function ActivityPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.activity"));
  const me = useSignedIn();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<ActivitySearch>) =>
    void navigate({
      search: (now) => readActivitySearch({ ...now, ...part }),
      replace: true,
      resetScroll: false,
    });
  if (!me) {
    return (
      <Container size="xl" w="100%" py="xl">
        <LoadingRows rows={6} height={60} />
      </Container>
    );
  }
  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle
        title={t("shell.activity")}
        aside={
          <SegmentedControl
            aria-label={t("activity.period")}
            value={search.period ?? "month"}
            data={PERIODS.map((each) => ({ value: each, label: t(`activity.periods.${each}`) }))}
            onChange={(period) => change({ period: PERIODS.find((each) => each === period) })}
          />
        }
      >
        {t("activity.lead")}
      </PageTitle>
      <Stack gap={44}>
        <Use search={search} change={change} />
        <section aria-labelledby="log">
          <Group justify="space-between" mb="sm">
            <Title order={2} id="log">
              {t("activity.log")}
            </Title>
            <Button
              component="a"
              href={csvAddress(search)}
              download="generations.csv"
              variant="default"
              size="xs"
              leftSection={<IconDownload size={15} />}
            >
              {t("activity.csv")}
            </Button>
          </Group>
          <Log search={search} change={change} />
        </section>
      </Stack>
    </Container>
  );
}

interface Props {
  search: ActivitySearch;
  change: (part: Partial<ActivitySearch>) => void;
}

function Use({ search, change }: Props) {
  const { t } = useTranslation();
  const { period = "month", by = "model", metric = "cost" } = search;
  const series = useQuery(seriesQuery(period, by));
  const points = series.data ?? [];
  const sums = sumsOf(points);
  const nameOf = (group: string) => group || t("activity.nameless");
  const total = (value: (each: (typeof sums)[number]) => number) =>
    sums.reduce((sum, each) => sum + value(each), 0);
  const figures = {
    cost: formatUsd(total((each) => each.cost)),
    tokens: formatCompact(total((each) => each.tokens)),
    requests: formatNumber(total((each) => each.requests)),
  };
  const rest = t("chart.others");
  const chart = toChart(points, period, metric, nameOf, rest);
  return (
    <section aria-label={t("activity.use")}>
      <SimpleGrid cols={3} spacing={{ base: "xs", sm: "md" }} mb="lg">
        {METRICS.map((each) => (
          <Card key={each} padding="sm">
            <Text size="sm" c="dimmed">
              {t(`activity.metrics.${each}`)}
            </Text>
            <Text fz={{ base: "lg", sm: "1.6rem" }} fw={650}>
              {series.data ? figures[each] : "—"}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
      <Group gap="md" mb="md">
        <SegmentedControl
          size="xs"
          aria-label={t("activity.metric")}
          value={metric}
          data={METRICS.map((each) => ({ value: each, label: t(`activity.metrics.${each}`) }))}
          onChange={(value) => change({ metric: METRICS.find((each) => each === value) })}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("activity.by")}
          value={by}
          data={GROUPS.map((each) => ({ value: each, label: t(`activity.groups.${each}`) }))}
          onChange={(value) => change({ by: GROUPS.find((each) => each === value) })}
        />
      </Group>
      {series.isError ? (
        <Failed error={series.error} retry={() => void series.refetch()} />
      ) : (
        <Chart
          title={t("activity.chart", { what: t(`activity.metrics.${metric}`) })}
          labels={chart.labels}
          series={chart.series}
          rest={rest}
          format={metric === "cost" ? (value) => formatUsd(value) : formatCompact}
        />
      )}
      {sums.length > 0 && (
        <Box mt="lg">
          <DataTable
            isDense
            rows={sums.slice(0, MOST_SUMS)}
            keyOf={({ group }) => group}
            label={t(`activity.groups.${by}`)}
            columns={[
              { label: t(`activity.groups.${by}`), cell: ({ group }) => nameOf(group) },
              {
                label: t("common.requests"),
                isNumber: true,
                cell: ({ requests }) => formatNumber(requests),
              },
              { label: t("activity.failed"), isNumber: true, cell: ({ failed }) => formatNumber(failed) },
              { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
              { label: t("activity.metrics.cost"), isNumber: true, cell: ({ cost }) => formatUsd(cost) },
              {
                label: t("rankings.share"),
                isNumber: true,
                cell: ({ cost }) => formatPercent(cost / (total((one) => one.cost) || 1)),
              },
            ]}
          />
        </Box>
      )}
    </section>
  );
}
