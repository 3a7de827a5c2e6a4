/** `/rankings`: which models and apps are used most here, by day, week or month, and who moved. */
import { Container, SegmentedControl, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, splitId } from "@/shared/api/models";
import { formatCompact, formatNumber, formatPercent } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { Chart } from "@/shared/ui/chart/chart";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { Change } from "./change";
import { type Rankings, rankingsQuery, SPANS } from "./queries";

const route = getRouteApi("/rankings");

export function RankingsPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.rankings"));
  const { span = "week" } = route.useSearch();
  const navigate = route.useNavigate();
  const rankings = useQuery(rankingsQuery(span));
  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle
        title={t("shell.rankings")}
        aside={
          <SegmentedControl
            aria-label={t("rankings.span")}
            value={span}
            data={SPANS.map((each) => ({ value: each, label: t(`rankings.spans.${each}`) }))}
            onChange={(value) => {
              const chosen = SPANS.find((each) => each === value);
              void navigate({ search: chosen && chosen !== "week" ? { span: chosen } : {}, replace: true });
            }}
          />
        }
      >
        {t("rankings.lead")}
      </PageTitle>
      {rankings.isPending && <LoadingRows rows={8} />}
      {rankings.isError && <Failed error={rankings.error} retry={() => void rankings.refetch()} />}
      {rankings.data?.models.length === 0 && (
        <Empty title={t("rankings.none")}>{t("rankings.noneBody")}</Empty>
      )}
      {rankings.data && rankings.data.models.length > 0 && <Boards rankings={rankings.data} />}
    </Container>
  );
}

function Boards({ rankings }: { rankings: Rankings }) {
  const { t } = useTranslation();
  const rest = t("chart.others");
  const names = [...new Set(rankings.days.flatMap((day) => Object.keys(day.tokens)))];
  const sum = (name: string) => rankings.days.reduce((total, day) => total + (day.tokens[name] ?? 0), 0);
  // Those that stand for all others come last.
  names.sort((one, other) => Number(one === "other") - Number(other === "other") || sum(other) - sum(one));
  return (
    <Stack gap={44}>
      <Chart
        title={t("rankings.chart")}
        labels={rankings.days.map((day) => day.date.slice(5))}
        series={names.map((name) => ({
          name: name === "other" ? rest : name,
          values: rankings.days.map((day) => day.tokens[name] ?? 0),
        }))}
        rest={rest}
        format={formatCompact}
        height={280}
      />
      <Section id="models" title={t("rankings.models")}>
        <Models models={rankings.models} />
      </Section>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing={44}>
        <Section id="movers" title={t("rankings.movers")}>
          <Movers movers={rankings.movers} />
        </Section>
        <Section id="apps" title={t("rankings.apps")}>
          <Apps apps={rankings.apps} />
        </Section>
      </SimpleGrid>
    </Stack>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id} style={{ minWidth: 0 }}>
      <Title order={2} id={id} mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}

function ModelName({ id, rank }: { id: string; rank?: number }) {
  const [author, slug] = splitId(id);
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 8 }}>
      {rank !== undefined && (
        <Text span c="dimmed" ta="right" miw="1.6em">
          {rank}
        </Text>
      )}
      <AuthorMark author={authorOf(id)} size={18} />
      <LinkAnchor to="/$author/$slug" params={{ author, slug }} fw={550}>
        {id}
      </LinkAnchor>
    </span>
  );
}

function Models({ models }: { models: Rankings["models"] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      isDense
      rows={models}
      keyOf={({ model }) => model}
      label={t("rankings.models")}
      columns={[
        { label: t("common.model"), cell: ({ model, rank }) => <ModelName id={model} rank={rank} /> },
        { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
        { label: t("rankings.share"), isNumber: true, cell: ({ share }) => formatPercent(share) },
        { label: t("common.requests"), isNumber: true, cell: ({ requests }) => formatNumber(requests) },
        { label: t("rankings.change"), isNumber: true, cell: ({ change }) => <Change share={change} /> },
      ]}
    />
  );
}

function Movers({ movers }: { movers: Rankings["movers"] }) {
  const { t } = useTranslation();
  if (movers.length === 0) return <Text c="dimmed">{t("rankings.noMovers")}</Text>;
  return (
    <DataTable
      isDense
      rows={movers}
      keyOf={({ model }) => model}
      label={t("rankings.movers")}
      columns={[
        { label: t("common.model"), cell: ({ model }) => <ModelName id={model} /> },
        { label: t("rankings.gained"), isNumber: true, cell: ({ gained }) => `+${formatCompact(gained)}` },
      ]}
    />
  );
}

function Apps({ apps }: { apps: Rankings["apps"] }) {
  const { t } = useTranslation();
  if (apps.length === 0) return <Text c="dimmed">{t("rankings.noApps")}</Text>;
  return (
    <DataTable
      isDense
      rows={apps}
      keyOf={({ id }) => String(id)}
      label={t("rankings.apps")}
      columns={[
        {
          label: t("common.app"),
          cell: ({ title, url, categories }) => (
            <div>
              {title || url}
              <Text size="xs" c="dimmed">
                {categories.join(", ") || url}
              </Text>
            </div>
          ),
        },
        { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
        { label: t("rankings.change"), isNumber: true, cell: ({ change }) => <Change share={change} /> },
      ]}
    />
  );
}
