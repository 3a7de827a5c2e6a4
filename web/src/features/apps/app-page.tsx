/** `/apps/{id}`: one app, its place among all, what it uses day by day, and which models. */
import { Anchor, Badge, Card, Container, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { formatCompact, formatNumber, formatPercent, shortDate } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { appTitle, useAppCategory } from "@/shared/ui/app-name";
import { Change } from "@/shared/ui/change";
import { TokensByModel } from "@/shared/ui/chart/tokens-by-model";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor, LinkButton } from "@/shared/ui/links";
import { ModelName } from "@/shared/ui/model-name";
import { Section } from "@/shared/ui/section";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { type AppPage as App, appQuery } from "./queries";
import { readAppSearch, type Span } from "./search";
import { SpanControl } from "./span-control";

const route = getRouteApi("/apps/$id");

export function AppPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { span = "month" } = route.useSearch();
  const navigate = route.useNavigate();
  const isNumber = /^\d{1,15}$/.test(id);
  const app = useQuery({ ...appQuery(id, span), enabled: isNumber });
  usePageTitle(app.data ? appTitle(app.data) : t("apps.title"));
  const unknown = !isNumber || (app.error instanceof ApiError && app.error.status === 404);
  return (
    <Container size="xl" w="100%" py="xl">
      {unknown && (
        <Empty
          isPage
          title={t("apps.unknown")}
          action={
            <LinkButton to="/apps" variant="default" mt="sm">
              {t("apps.all")}
            </LinkButton>
          }
        >
          {t("apps.unknownBody")}
        </Empty>
      )}
      {app.isError && !unknown && <Failed error={app.error} retry={() => void app.refetch()} />}
      {app.isPending && !unknown && <LoadingRows rows={6} height={64} />}
      {app.data && !unknown && (
        <>
          <LinkAnchor to="/apps" size="sm">
            {t("apps.back")}
          </LinkAnchor>
          <Header
            app={app.data}
            aside={
              <SpanControl
                span={span}
                change={(value) =>
                  void navigate({ search: readAppSearch({ span: value }), replace: true, resetScroll: false })
                }
              />
            }
          />
          <Use app={app.data} span={span} />
        </>
      )}
    </Container>
  );
}

function Header({ app, aside }: { app: App; aside: ReactNode }) {
  const { t } = useTranslation();
  const category = useAppCategory();
  return (
    <>
      <PageTitle title={<span style={{ overflowWrap: "anywhere" }}>{appTitle(app)}</span>} aside={aside}>
        {t("apps.since", { date: shortDate(new Date(app.created_at)) })}
      </PageTitle>
      <Group gap="sm" mb="lg">
        {/* What an app says of itself is nobody's promise: its address gets no credit from here, and learns nothing. */}
        {app.url ? (
          <Anchor href={app.url} target="_blank" rel="nofollow noopener noreferrer" size="sm">
            <Group component="span" gap={4} wrap="nowrap">
              {app.url.replace(/^https?:\/\//, "")}
              <IconExternalLink size={14} aria-hidden />
              <span className="mp-visually-hidden">{t("apps.opens")}</span>
            </Group>
          </Anchor>
        ) : (
          <Text size="sm" c="dimmed">
            {t("apps.local")}
          </Text>
        )}
        {app.categories.map((each) => (
          <Badge key={each} color="gray">
            {category(each)}
          </Badge>
        ))}
      </Group>
    </>
  );
}

function Use({ app, span }: { app: App; span: Span }) {
  const { t } = useTranslation();
  if (app.rank === null) return <Empty title={t("apps.unused")}>{t(`apps.unusedBody.${span}`)}</Empty>;
  const figures: [string, ReactNode][] = [
    [t("apps.place"), `#${formatNumber(app.rank)}`],
    [t("common.tokens"), formatCompact(app.tokens)],
    [t("common.requests"), formatNumber(app.requests)],
    [t("rankings.change"), <Change key="change" share={app.change} />],
  ];
  return (
    <Stack gap={44}>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing={{ base: "xs", sm: "md" }}>
        {figures.map(([label, value]) => (
          <Card key={label} padding="sm">
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={{ base: "lg", sm: "1.6rem" }} fw={650}>
              {value}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
      <TokensByModel days={app.days} height={280} />
      <Section title={t("apps.models")} wide>
        <DataTable
          isDense
          rows={app.models.map((each, index) => ({ ...each, rank: index + 1 }))}
          keyOf={({ model }) => model}
          label={t("apps.models")}
          columns={[
            { label: t("common.model"), cell: ({ model, rank }) => <ModelName id={model} rank={rank} /> },
            { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
            { label: t("rankings.share"), isNumber: true, cell: ({ share }) => formatPercent(share) },
            { label: t("common.requests"), isNumber: true, cell: ({ requests }) => formatNumber(requests) },
          ]}
        />
      </Section>
    </Stack>
  );
}
