/** `/apps`: the apps that said who they are, by tokens; of a group or a category, or those that gained most. */
import { Container, Group, SegmentedControl, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { formatCompact, formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { AppName, useAppCategory } from "@/shared/ui/app-name";
import { Change } from "@/shared/ui/change";
import { DataTable } from "@/shared/ui/data-table";
import { LinkButton } from "@/shared/ui/links";
import { Paged } from "@/shared/ui/paged";
import { Empty, PageTitle } from "@/shared/ui/states";
import { type Apps, appsQuery } from "./queries";
import { type AppsSearch, GROUPS, readAppsSearch, SORTS } from "./search";
import { SpanControl } from "./span-control";

const route = getRouteApi("/apps");

export function AppsPage() {
  const { t } = useTranslation();
  usePageTitle(t("apps.title"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const apps = useInfiniteQuery(appsQuery(search));
  const change = (part: Partial<AppsSearch>) =>
    void navigate({
      search: (now) => readAppsSearch({ ...now, ...part }),
      replace: true,
      resetScroll: false,
    });
  // An address names one app: its page is what is meant.
  const named = search.url && !apps.isPlaceholderData ? apps.data?.pages[0]?.data[0]?.id : undefined;
  useEffect(() => {
    if (named !== undefined) void navigate({ to: "/apps/$id", params: { id: String(named) }, replace: true });
  }, [named, navigate]);
  const narrowed = search.group || search.category || search.url;
  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle
        title={t("apps.title")}
        aside={<SpanControl span={search.span ?? "week"} change={(span) => change({ span })} />}
      >
        {t("apps.lead")}
      </PageTitle>
      <Filters search={search} known={apps.data?.pages[0]?.categories ?? []} change={change} />
      <Paged
        query={apps}
        rowsOf={({ data }) => data}
        empty={
          <Empty
            title={narrowed ? t("apps.noneSuch") : t("apps.none")}
            action={
              narrowed && (
                <LinkButton to="/apps" variant="default" mt="sm">
                  {t("apps.all")}
                </LinkButton>
              )
            }
          >
            {t("rankings.noApps")}
          </Empty>
        }
      >
        {(rows) => <List rows={rows} />}
      </Paged>
    </Container>
  );
}

function Filters({
  search,
  known,
  change,
}: {
  search: AppsSearch;
  known: Apps["categories"];
  change: (part: Partial<AppsSearch>) => void;
}) {
  const { t } = useTranslation();
  const category = useAppCategory();
  const offered = known.filter(({ group }) => !search.group || group === search.group);
  return (
    <Group gap="sm" mb="md" align="flex-end">
      <Select
        label={t("apps.group")}
        w={180}
        clearable
        placeholder={t("models.any")}
        value={search.group ?? null}
        data={GROUPS.map((value) => ({ value, label: t(`apps.groups.${value}`) }))}
        onChange={(value) =>
          change({ group: GROUPS.find((each) => each === value), category: undefined, url: undefined })
        }
      />
      <Select
        label={t("apps.category")}
        w={220}
        clearable
        disabled={offered.length === 0 && !search.category}
        placeholder={t("models.any")}
        value={search.category ?? null}
        data={offered.map((each) => ({
          value: each.category,
          label: `${category(each.category)} (${formatNumber(each.apps)})`,
        }))}
        onChange={(value) => change({ category: value ?? undefined, url: undefined })}
      />
      <SegmentedControl
        aria-label={t("models.sort")}
        value={search.sort ?? "popular"}
        data={SORTS.map((value) => ({ value, label: t(`apps.sorts.${value}`) }))}
        onChange={(value) => change({ sort: SORTS.find((each) => each === value) })}
      />
    </Group>
  );
}

function List({ rows }: { rows: Apps["data"] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      isDense
      rows={rows}
      keyOf={({ id }) => String(id)}
      label={t("apps.title")}
      columns={[
        { label: t("common.app"), cell: (app) => <AppName {...app} /> },
        { label: t("apps.place"), isNumber: true, cell: ({ rank }) => formatNumber(rank) },
        { label: t("common.tokens"), isNumber: true, cell: ({ tokens }) => formatCompact(tokens) },
        { label: t("common.requests"), isNumber: true, cell: ({ requests }) => formatNumber(requests) },
        { label: t("rankings.change"), isNumber: true, cell: ({ change }) => <Change share={change} /> },
      ]}
    />
  );
}
