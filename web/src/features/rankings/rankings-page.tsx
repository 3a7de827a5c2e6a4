/** `/rankings`: which models and apps are used most here, by day, week or month, and who moved. */
import { Container, SegmentedControl, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { formatCompact, formatNumber, formatPercent } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { AppName } from "@/shared/ui/app-name";
import { Change } from "@/shared/ui/change";
import { TokensByModel } from "@/shared/ui/chart/tokens-by-model";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
import { ModelName } from "@/shared/ui/model-name";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { type Rankings, rankingsQuery, SPANS } from "./queries";

const route = getRouteApi("/rankings");
const MOST_APPS = 20;

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
  return (
    <Stack gap={44}>
      <TokensByModel days={rankings.days} height={280} />
      <Section id="models" title={t("rankings.models")}>
        <Models models={rankings.models} />
      </Section>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing={44}>
        <Section id="movers" title={t("rankings.movers")}>
          <Movers movers={rankings.movers} />
        </Section>
        <Section id="apps" title={t("rankings.apps")}>
          <Apps apps={rankings.apps.slice(0, MOST_APPS)} />
          {rankings.apps.length > 0 && (
            <LinkAnchor to="/apps" size="sm" mt="sm" display="inline-block">
              {t("apps.all")}
            </LinkAnchor>
          )}
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
          cell: ({ id, title, url, categories }) => (
            <AppName id={id} title={title} url={url} categories={categories} />
          ),
        },
        { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
        { label: t("rankings.change"), isNumber: true, cell: ({ change }) => <Change share={change} /> },
      ]}
    />
  );
}
