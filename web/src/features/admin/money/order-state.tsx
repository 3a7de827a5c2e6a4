/** How an order stands, in a word. */
import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { BuyerOrder } from "./queries";
import { STATES } from "./search";

const COLOURS: Record<string, string> = { paid: "tide", failed: "red" };

export function OrderState({ order }: { order: BuyerOrder["order"] }) {
  const { t } = useTranslation();
  const known = STATES.find((each) => each === order.status);
  return (
    <Badge color={COLOURS[order.status] ?? "gray"}>{known ? t(`money.states.${known}`) : order.status}</Badge>
  );
}
