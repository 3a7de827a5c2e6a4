/** `/admin/orders`: what everybody bought; confirming transfers, paying back, and what was charged back. */
import { Badge, Button, Group, NativeSelect, Text } from "@mantine/core";
import { IconFileTypeCsv } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatPaid, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { Breakable } from "@/shared/ui/breakable";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FindField } from "@/shared/ui/find-field";
import { Paged } from "@/shared/ui/paged";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { useBookWords } from "./book-words";
import { OrderCard } from "./order-card";
import { OrderState } from "./order-state";
import { type BuyerOrder, buyersOrdersQuery } from "./queries";
import { ONLY, STATES } from "./search";

const route = getRouteApi("/admin/orders");
const METHODS = ["card", "alipay", "wechat_pay", "bank_transfer"] as const;

export function OrdersPage() {
  const { t } = useTranslation();
  usePageTitle(t("money.orders.title"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const orders = useInfiniteQuery(buyersOrdersQuery(search));
  const [opened, setOpened] = useState<string | null>(null);
  const rows = orders.data?.pages.flatMap(({ data }) => data) ?? [];
  const chosen = rows.find(({ order }) => order.id === opened);
  const policy = orders.data?.pages[0]?.refund_if_spent ?? "refuse";
  return (
    <>
      <PageTitle
        title={t("money.orders.title")}
        aside={
          <Button
            component="a"
            href="/api/admin/payments/orders.csv"
            download
            variant="default"
            leftSection={<IconFileTypeCsv size={17} stroke={1.6} />}
          >
            {t("money.orders.file")}
          </Button>
        }
      >
        {t("money.orders.lead")}
      </PageTitle>
      <Group gap="sm" align="flex-start" mb="xs" style={{ rowGap: 0 }}>
        <FindField
          label={t("money.orders.find")}
          value={search.q ?? ""}
          find={(q) =>
            void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true })
          }
        />
        <NativeSelect
          aria-label={t("common.state")}
          value={search.status ?? ""}
          data={[
            { value: "", label: t("money.orders.anyState") },
            ...STATES.map((value) => ({ value, label: t(`money.states.${value}`) })),
          ]}
          onChange={(event) => {
            const status = STATES.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, status }), replace: true });
          }}
        />
        <NativeSelect
          aria-label={t("money.orders.only")}
          value={search.only ?? ""}
          data={[
            { value: "", label: t("money.orders.all") },
            ...ONLY.map((value) => ({ value, label: t(`money.only.${value}`) })),
          ]}
          onChange={(event) => {
            const only = ONLY.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, only }), replace: true });
          }}
        />
      </Group>
      <Paged
        query={orders}
        rowsOf={({ data }) => data}
        empty={<Empty title={t("money.orders.none")}>{t("money.orders.noneBody")}</Empty>}
      >
        {(found) => <OrderTable rows={found} open={setOpened} />}
      </Paged>
      <Dialog
        opened={chosen !== undefined}
        onClose={() => setOpened(null)}
        title={t("money.orders.one")}
        size="lg"
      >
        {chosen && <OrderCard bought={chosen} policy={policy} />}
      </Dialog>
    </>
  );
}

function OrderTable({ rows, open }: { rows: BuyerOrder[]; open: (id: string) => void }) {
  const { t } = useTranslation();
  const { processor } = useBookWords();
  const methodName = (method: string | null) => {
    const known = METHODS.find((each) => each === method);
    return known ? t(`credits.methods.${known}`) : (method ?? "");
  };
  return (
    <DataTable
      rows={rows}
      keyOf={({ order }) => order.id}
      label={t("money.orders.title")}
      columns={[
        {
          label: t("money.orders.buyer"),
          cell: ({ order, email, account_id }) => (
            <div>
              <Text size="sm" fw={550}>
                <Breakable id={email ?? account_id} />
              </Text>
              <Text size="xs" c="dimmed">
                <When at={order.created_at} />
              </Text>
            </div>
          ),
        },
        {
          label: t("common.state"),
          cell: ({ order }) => (
            <Group gap={4}>
              <OrderState order={order} />
              {Number(order.disputed) > 0 && (
                <Badge color="red">
                  {t("money.orders.disputedSum", { amount: formatUsd(Number(order.disputed)) })}
                </Badge>
              )}
              {Number(order.refunded) > 0 && (
                <Badge color="gray">
                  {t("money.orders.refundedSum", { amount: formatUsd(Number(order.refunded)) })}
                </Badge>
              )}
            </Group>
          ),
        },
        {
          label: t("money.orders.by"),
          cell: ({ order }) => (
            <div>
              <Text size="sm">{methodName(order.method)}</Text>
              <Text size="xs" c="dimmed">
                {order.origin === "auto"
                  ? t("money.orders.automatic", { processor: processor(order.processor) })
                  : order.method !== "bank_transfer" && processor(order.processor)}
              </Text>
            </div>
          ),
        },
        {
          label: t("money.orders.credits"),
          isNumber: true,
          cell: ({ order }) => formatUsd(Number(order.credits)),
        },
        {
          label: t("money.orders.price"),
          isNumber: true,
          cell: ({ order }) => formatPaid(order.paid_amount ?? order.amount, order.currency),
        },
        {
          cell: ({ order }) => (
            <Button size="compact-sm" variant="default" onClick={() => open(order.id)}>
              {t("money.open")}
            </Button>
          ),
        },
      ]}
    />
  );
}
