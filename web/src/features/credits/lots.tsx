/** Credits that will expire, the soonest first: nothing when none will. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatUsd, shortDate } from "@/shared/lib/format";
import { lotsQuery } from "./queries";

const MOST = 4;

export function Lots() {
  const { t } = useTranslation();
  const lots = useQuery(lotsQuery);
  const dated = (lots.data ?? []).flatMap((lot) =>
    lot.expires_at ? [{ ...lot, at: new Date(lot.expires_at) }] : [],
  );
  dated.sort((one, other) => one.at.getTime() - other.at.getTime());
  if (dated.length === 0) return null;
  return (
    <ul style={{ margin: 0, paddingInlineStart: "1.1rem" }}>
      {dated.slice(0, MOST).map((lot) => (
        <Text key={lot.reference} component="li" size="sm" c="dimmed">
          {t(lot.bought ? "credits.boughtExpires" : "credits.givenExpires", {
            amount: formatUsd(Number(lot.remaining)),
            date: shortDate(lot.at),
          })}
        </Text>
      ))}
    </ul>
  );
}
