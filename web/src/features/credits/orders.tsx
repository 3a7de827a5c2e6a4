/** What was ordered, how it stands, and its receipts. */
import { Anchor, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatPaid, formatUsd } from "@/shared/lib/format";
import { mailLanguage } from "@/shared/lib/mail-language";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Paged } from "@/shared/ui/paged";
import { Empty } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type Order, ordersQuery, receiptsQuery } from "./queries";
import { useMoneyWords } from "./words";

const COLOURS: Record<string, string> = { paid: "tide", failed: "red" };

export function Orders() {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const orders = useInfiniteQuery(ordersQuery);
  const receipts = useQuery(receiptsQuery);
  return (
    <Paged
      query={orders}
      rowsOf={({ data }) => data}
      empty={<Empty title={t("credits.noOrders")}>{t("credits.noOrdersBody")}</Empty>}
    >
      {(rows) => (
        <DataTable
          rows={rows}
          keyOf={({ id }) => id}
          label={t("credits.orders")}
          columns={[
            { label: t("common.date"), cell: ({ created_at }) => <When at={created_at} /> },
            {
              label: t("common.state"),
              cell: (order) => (
                <Stack gap={2} align="flex-start">
                  <Group gap={4}>
                    <Badge color={COLOURS[order.status] ?? "gray"}>{words.state(order.status)}</Badge>
                    {order.origin === "auto" && <Badge color="gray">{t("credits.automatic")}</Badge>}
                  </Group>
                  {order.failure && order.status !== "paid" && (
                    <Text size="xs" c="dimmed">
                      {words.failure(order.failure)}
                    </Text>
                  )}
                </Stack>
              ),
            },
            { label: t("credits.method"), cell: ({ method }) => words.method(method) },
            {
              label: t("shell.credits"),
              isNumber: true,
              cell: (order) => (
                <div>
                  {formatUsd(Number(order.credits))}
                  {Number(order.refunded) + Number(order.disputed) > 0 && (
                    <Text size="xs" c="dimmed">
                      {t("credits.takenBack", {
                        amount: formatUsd(Number(order.refunded) + Number(order.disputed)),
                      })}
                    </Text>
                  )}
                </div>
              ),
            },
            {
              label: t("credits.paid"),
              isNumber: true,
              cell: (order) => formatPaid(order.paid_amount ?? order.amount, order.currency),
            },
            {
              label: t("credits.receipt"),
              cell: (order) => (
                <Stack gap={2}>
                  {(receipts.data ?? [])
                    .filter((receipt) => receipt.order_id === order.id)
                    .map((receipt) => (
                      <Anchor
                        key={receipt.number}
                        size="sm"
                        href={`/api/app/payments/receipts/${receipt.number}.pdf?language=${mailLanguage()}`}
                        download
                      >
                        {receipt.kind === "refund"
                          ? t("credits.refundReceipt", { number: receipt.number })
                          : receipt.number}
                      </Anchor>
                    ))}
                  {(order.url || order.instructions) && <OpenOrder order={order} />}
                </Stack>
              ),
            },
          ]}
        />
      )}
    </Paged>
  );
}

/** One that can still be paid, or given up. */
function OpenOrder({ order }: { order: Order }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [gone, setGone] = useState(false);
  const [shown, setShown] = useState(false);
  const cancel = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/payments/orders/{order_id}/cancel", {
          params: { path: { order_id: order.id } },
        }),
      ),
    onSuccess: () => {
      setGone(true);
      return queries.invalidateQueries({ queryKey: ordersQuery.queryKey });
    },
  });
  if (gone) return null;
  return (
    <>
      <Group gap={6}>
        {order.url ? (
          <Button size="compact-xs" component="a" href={order.url} rel="noreferrer">
            {t("credits.payNow")}
          </Button>
        ) : (
          <Button size="compact-xs" onClick={() => setShown(true)}>
            {t("credits.instructions")}
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="default"
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          {t("credits.giveUp")}
        </Button>
      </Group>
      <FormFault error={cancel.error} />
      <Dialog opened={shown} onClose={() => setShown(false)} title={t("credits.instructions")}>
        <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
          {order.instructions}
        </Text>
      </Dialog>
    </>
  );
}
