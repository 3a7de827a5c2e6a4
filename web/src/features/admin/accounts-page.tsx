/** `/admin/accounts`: organisations and people's own accounts. */
import { Badge, Group, Select, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { Breakable } from "@/shared/ui/breakable";
import { DataTable } from "@/shared/ui/data-table";
import { FindField } from "@/shared/ui/find-field";
import { LinkAnchor } from "@/shared/ui/links";
import { Paged } from "@/shared/ui/paged";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { groupsQuery } from "./money/price-queries";
import { accountsQuery } from "./queries";
import { type AccountsSearch, readAccountsSearch } from "./search";

const route = getRouteApi("/admin/accounts");

export function AccountsPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.accounts.title"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const groups = useQuery(groupsQuery);
  const accounts = useInfiniteQuery(accountsQuery(search));
  const set = (part: AccountsSearch) =>
    void navigate({ search: (before) => readAccountsSearch({ ...before, ...part }), replace: true });
  return (
    <>
      <PageTitle title={t("admin.accounts.title")}>{t("admin.accounts.lead")}</PageTitle>
      <Group gap="sm" align="flex-end">
        <FindField
          label={t("admin.accounts.find")}
          value={search.q ?? ""}
          find={(words) => set({ q: words || undefined })}
        />
        {(groups.data ?? []).length > 0 && (
          <Select
            aria-label={t("prices.group")}
            placeholder={t("prices.group")}
            mb="md"
            clearable
            data={(groups.data ?? []).map(({ name }) => name)}
            value={search.group ?? null}
            onChange={(group) => set({ group: group ?? undefined })}
          />
        )}
      </Group>
      <Paged
        query={accounts}
        rowsOf={({ data }) => data}
        empty={<Empty title={t("admin.accounts.none")}>{t("admin.accounts.noneBody")}</Empty>}
      >
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ id }) => id}
            label={t("admin.accounts.title")}
            columns={[
              {
                label: t("common.name"),
                cell: (account) => (
                  <div>
                    <LinkAnchor to="/admin/accounts/$id" params={{ id: account.id }} fw={550}>
                      <Breakable id={account.name} />
                    </LinkAnchor>
                    <Text size="xs" c="dimmed">
                      <code className="mp-mono">{account.id}</code>
                    </Text>
                  </div>
                ),
              },
              {
                label: t("organization.kind"),
                cell: ({ kind }) =>
                  t(`organization.kinds.${kind === "organization" ? "organization" : "personal"}`),
              },
              {
                label: t("common.state"),
                cell: ({ suspended }) => (
                  <Badge color={suspended ? "red" : "tide"}>
                    {suspended ? t("admin.users.suspended") : t("admin.users.active")}
                  </Badge>
                ),
              },
              {
                label: t("organization.members"),
                isNumber: true,
                cell: ({ member_count }) => formatNumber(member_count),
              },
              { label: t("admin.users.since"), cell: ({ created_at }) => <When at={created_at} /> },
            ]}
          />
        )}
      </Paged>
    </>
  );
}
