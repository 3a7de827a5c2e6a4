/** `/activity`: what was spent on what, over time, and every generation of it. */
import {
  Button,
  Card,
  Container,
  Group,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Table,
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
        <div className="mp-scroll-x">
          <Table mt="lg" verticalSpacing={8}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t(`activity.groups.${by}`)}</Table.Th>
                <Table.Th className="mp-num">{t("common.requests")}</Table.Th>
                <Table.Th className="mp-num">{t("activity.failed")}</Table.Th>
                <Table.Th className="mp-num">{t("common.tokens")}</Table.Th>
                <Table.Th className="mp-num">{t("activity.metrics.cost")}</Table.Th>
                <Table.Th className="mp-num">{t("rankings.share")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {sums.slice(0, MOST_SUMS).map((each) => (
                <Table.Tr key={each.group}>
                  <Table.Td>{nameOf(each.group)}</Table.Td>
                  <Table.Td className="mp-num">{formatNumber(each.requests)}</Table.Td>
                  <Table.Td className="mp-num">{formatNumber(each.failed)}</Table.Td>
                  <Table.Td className="mp-num">{formatCompact(each.tokens)}</Table.Td>
                  <Table.Td className="mp-num">{formatUsd(each.cost)}</Table.Td>
                  <Table.Td className="mp-num">
                    {formatPercent(each.cost / (total((one) => one.cost) || 1))}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </section>
  );
}
