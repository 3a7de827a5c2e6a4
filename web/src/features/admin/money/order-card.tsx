/** One order opened: its facts, what was paid back, its events, and what an operator can do with it. */
import { Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatPaid, formatUsd } from "@/shared/lib/format";
import { CopyableId } from "@/shared/ui/copy";
import { Facts } from "@/shared/ui/facts";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { When } from "@/shared/ui/time";
import { useBookWords } from "./book-words";
import { ConfirmTransfer } from "./confirm-transfer";
import { OrderState } from "./order-state";
import {
  type BuyerOrder,
  buyersOrdersKey,
  eventsQuery,
  type Policy,
  type Refund,
  refundsQuery,
} from "./queries";
import { RefundForm } from "./refund-form";

const SHOWN = 8;

export function OrderCard({ bought, policy }: { bought: BuyerOrder; policy: Policy }) {
  const { t } = useTranslation();
  const { failure } = useBookWords();
  const { order } = bought;
  const left = Number(order.credits) - Number(order.refunded) - Number(order.disputed);
  const facts: [string, ReactNode][] = [
    [t("money.orders.id"), <CopyableId key="id" id={order.id} what={t("admin.theId")} />],
    [
      t("money.orders.buyer"),
      <LinkAnchor key="buyer" to="/admin/accounts/$id" params={{ id: bought.account_id }} size="sm">
        {bought.email ?? bought.account_id}
      </LinkAnchor>,
    ],
    [t("common.state"), <OrderState key="state" order={order} />],
    [t("money.orders.price"), formatPaid(order.amount, order.currency)],
    [t("money.orders.credits"), formatUsd(Number(order.credits))],
    [t("money.orders.fee"), formatUsd(Number(order.fee))],
  ];
  if (order.paid_amount !== null)
    facts.push([t("money.orders.came"), formatPaid(order.paid_amount, order.currency)]);
  if (order.tax && Number(order.tax) > 0) facts.push([t("money.orders.tax"), order.tax]);
  if (Number(order.refunded) > 0) facts.push([t("money.orders.refunded"), formatUsd(Number(order.refunded))]);
  if (Number(order.disputed) > 0) facts.push([t("money.orders.disputed"), formatUsd(Number(order.disputed))]);
  if (order.failure) facts.push([t("money.orders.failure"), failure(order.failure)]);
  if (order.expires_at) facts.push([t("money.orders.expires"), <When key="expires" at={order.expires_at} />]);
  return (
    <Stack gap="md">
      <Facts facts={facts} />
      {Number(order.disputed) > 0 && <Text size="sm">{t("money.orders.disputeNote")}</Text>}
      {order.processor === "bank" && order.status !== "paid" && <ConfirmTransfer order={order} />}
      {order.credited && left > 0 && <RefundForm order={order} left={left} policy={policy} />}
      <Refunds orderId={order.id} />
      <Events orderId={order.id} />
    </Stack>
  );
}

function Refunds({ orderId }: { orderId: string }) {
  const { t } = useTranslation();
  const refunds = useQuery(refundsQuery(orderId));
  if (!refunds.data || refunds.data.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={3}>{t("money.refund.list")}</Title>
      {refunds.data.map((refund) => (
        <RefundRow key={refund.id} refund={refund} />
      ))}
    </Stack>
  );
}

const REFUND_STATES = ["requested", "taken", "done", "failed"] as const;

function RefundRow({ refund }: { refund: Refund }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { failure } = useBookWords();
  const known = REFUND_STATES.find((each) => each === refund.status);
  const settle = useMutation({
    mutationFn: (paid: boolean) =>
      taken(
        client.POST("/api/admin/payments/refunds/{refund_id}/settle", {
          params: { path: { refund_id: refund.id } },
          body: { paid },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: buyersOrdersKey }),
  });
  return (
    <div>
      <Group gap="sm">
        <Badge color={refund.status === "done" ? "tide" : refund.status === "failed" ? "red" : "gray"}>
          {known ? t(`money.refund.states.${known}`) : refund.status}
        </Badge>
        <Text size="sm">
          {t("money.refund.sum", { credits: formatUsd(Number(refund.credits)), amount: refund.amount })}
        </Text>
        {Number(refund.owed) > 0 && (
          <Text size="sm" c="dimmed">
            {t("money.refund.owed", { amount: formatUsd(Number(refund.owed)) })}
          </Text>
        )}
        {refund.failure && (
          <Text size="sm" c="dimmed">
            {failure(refund.failure)}
          </Text>
        )}
      </Group>
      {refund.status === "taken" && (
        <Group gap="xs" mt={6}>
          <Text size="sm">{t("money.refund.unanswered")}</Text>
          <Button size="compact-xs" variant="default" onClick={() => settle.mutate(true)}>
            {t("money.refund.wasPaid")}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => settle.mutate(false)}>
            {t("money.refund.notPaid")}
          </Button>
        </Group>
      )}
      <FormFault error={settle.error} />
    </div>
  );
}

function Events({ orderId }: { orderId: string }) {
  const { t } = useTranslation();
  const { verdict } = useBookWords();
  const events = useQuery(eventsQuery({ order_id: orderId }));
  if (!events.data || events.data.length === 0) return null;
  return (
    <Stack gap={4}>
      <Title order={3}>{t("money.events.ofOrder")}</Title>
      {events.data.slice(0, SHOWN).map((event) => (
        <Text key={event.event_id} size="sm">
          <code className="mp-mono">{event.kind}</code>{" "}
          <Text span size="sm" c={event.verdict.startsWith("refused") ? "var(--mp-down)" : "dimmed"}>
            {verdict(event)}
            {event.deliveries > 1 && ` ×${event.deliveries}`}
          </Text>{" "}
          <Text span size="xs" c="dimmed">
            <When at={event.received_at} />
          </Text>
        </Text>
      ))}
    </Stack>
  );
}
