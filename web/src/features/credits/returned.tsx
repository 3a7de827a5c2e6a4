/** Back from the payment page: waits until the money has come, and says so. */
import { Alert, Loader } from "@mantine/core";
import { IconCheck, IconInfoCircle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { Failed } from "@/shared/ui/states";
import { creditsQuery, type Order, orderQuery } from "./queries";
import { useMoneyWords } from "./words";

const OPEN = new Set(["created", "pending"]);
const isOpen = (order: Order | undefined) =>
  !order || OPEN.has(order.status) || (order.status === "paid" && !order.credited);

export function Returned({ how, order: id }: { how: "success" | "canceled"; order: string | undefined }) {
  const { t } = useTranslation();
  if (how === "canceled" || !id) {
    return (
      <Alert variant="light" color="gray" icon={<IconInfoCircle size={18} />} role="status">
        {t(how === "canceled" ? "credits.back.canceled" : "credits.back.soon")}
      </Alert>
    );
  }
  return <Waiting id={id} />;
}

function Waiting({ id }: { id: string }) {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const queries = useQueryClient();
  const asked = useQuery({
    ...orderQuery(id),
    refetchInterval: ({ state }) => (isOpen(state.data) ? 2500 : false),
  });
  const order = asked.data;
  const credited = order?.credited ?? false;
  useEffect(() => {
    if (!credited) return;
    void queries.invalidateQueries({ queryKey: creditsQuery.queryKey });
    void queries.invalidateQueries({
      queryKey: ["payments"],
      predicate: ({ queryKey }) => queryKey[1] !== "order",
    });
  }, [credited, queries]);
  if (asked.isError) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (!order || isOpen(order)) {
    return (
      <Alert variant="light" icon={<Loader size={18} />} role="status">
        {t("credits.back.waiting")}
      </Alert>
    );
  }
  if (!credited) {
    return (
      <Alert variant="light" color="red" role="alert">
        {t("credits.back.failed", { state: words.state(order.status) })}
      </Alert>
    );
  }
  return (
    <Alert variant="light" icon={<IconCheck size={18} />} role="status">
      {t("credits.back.paid", { amount: formatUsd(Number(order.credits)) })}
    </Alert>
  );
}
