/** What the account was told of late. */
import { Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { DataTable } from "@/shared/ui/data-table";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { When } from "@/shared/ui/time";

const recentQuery = queryOptions({
  queryKey: ["notices", "recent"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/notices", { signal }))).data,
});

const KINDS = [
  "low_balance",
  "key_limit_80",
  "key_limit_100",
  "budget",
  "model_deprecated",
  "key_leaked",
  "key_unusual",
  "topup_failed",
  "receipt",
  "refund",
  "operator_visit",
  "new_sign_in",
  "security_changed",
  "member_joined",
  "ownership",
  "destination_failing",
  "test",
] as const;
export type Kind = (typeof KINDS)[number] | "other";

/** A kind as this app names it; one that came with a newer server is just another one. */
export function kindOf(kind: string): Kind {
  return KINDS.find((each) => each === kind) ?? "other";
}

export function Told() {
  const { t } = useTranslation();
  const recent = useQuery(recentQuery);
  return (
    <Section title={t("notifications.recent")} lead={t("notifications.recentLead")} wide>
      <Loaded query={recent} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Text c="dimmed">{t("notifications.nothing")}</Text>
          ) : (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("notifications.recent")}
              columns={[
                {
                  label: t("notifications.what"),
                  cell: ({ kind }) => t(`notifications.kinds.${kindOf(kind)}`),
                },
                { label: t("notifications.facts"), cell: ({ facts }) => <Facts facts={facts} /> },
                { label: t("notifications.when"), cell: ({ created_at }) => <When at={created_at} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

function Facts({ facts }: { facts: Record<string, unknown> }) {
  const told = Object.entries(facts).filter(([, value]) => value !== null && value !== "");
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      {told.length === 0 ? "—" : told.map(([, value]) => String(value)).join(" · ")}
    </Text>
  );
}
