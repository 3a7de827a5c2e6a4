/** Orders and receipts. */
import { Anchor, Badge, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { mailLanguage } from "@/shared/lib/mail-language";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { ordersQuery, receiptsQuery } from "./queries";

export function History() {
  const { t } = useTranslation();
  const orders = useQuery(ordersQuery);
  const receipts = useQuery(receiptsQuery);
  if (orders.isPending) return <LoadingRows rows={3} />;
  if (orders.isError) return <Failed error={orders.error} retry={() => void orders.refetch()} />;
  if (orders.data.length === 0)
    return <Empty title={t("credits.noOrders")}>{t("credits.noOrdersBody")}</Empty>;
  return (
    <div className="mp-scroll-x">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("common.date")}</Table.Th>
            <Table.Th>{t("common.state")}</Table.Th>
            <Table.Th className="mp-num">{t("shell.credits")}</Table.Th>
            <Table.Th className="mp-num">{t("credits.paid")}</Table.Th>
            <Table.Th>{t("credits.receipt")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {orders.data.map((order) => (
            <Table.Tr key={order.id}>
              <Table.Td>
                <When at={order.created_at} />
              </Table.Td>
              <Table.Td>
                <Badge color={order.credited ? "tide" : "gray"}>{order.status}</Badge>
              </Table.Td>
              <Table.Td className="mp-num">{formatUsd(Number(order.credits))}</Table.Td>
              <Table.Td className="mp-num">
                {order.amount} {order.currency.toUpperCase()}
              </Table.Td>
              <Table.Td>
                {(receipts.data ?? [])
                  .filter((receipt) => receipt.order_id === order.id)
                  .map((receipt) => (
                    <Anchor
                      key={receipt.number}
                      href={`/api/app/payments/receipts/${receipt.number}.pdf?language=${mailLanguage()}`}
                      mr="xs"
                    >
                      {receipt.number}
                    </Anchor>
                  ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
