/** `/settings/credits`: what there is, buying more, what was bought and moved, statements and the buyer's details. */
import { Card, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/shared/api/session";
import { formatLeft, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { AutoTopup } from "./auto-topup";
import { Billing } from "./billing";
import { Buy } from "./buy";
import { Lots } from "./lots";
import { LowBalanceNotice } from "./low-balance";
import { Orders } from "./orders";
import { creditsQuery, optionsQuery } from "./queries";
import { Redeem } from "./redeem";
import { Returned } from "./returned";
import { TABS } from "./search";
import { Transactions } from "./transactions";

const route = getRouteApi("/settings/credits");

export function CreditsPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.credits"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageTitle title={t("shell.credits")}>{t("credits.lead")}</PageTitle>
      <Stack gap="lg">
        {search.payment && <Returned how={search.payment} order={search.order} />}
        <Figures />
        <Tabs
          value={search.tab ?? "add"}
          keepMounted={false}
          onChange={(value) => {
            const tab = TABS.find((each) => each === value);
            void navigate({ search: tab && tab !== "add" ? { tab } : {}, replace: true });
          }}
        >
          <Tabs.List mb="lg">
            {TABS.map((tab) => (
              <Tabs.Tab key={tab} value={tab}>
                {t(`credits.tabs.${tab}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="add">
            <Add />
          </Tabs.Panel>
          <Tabs.Panel value="history">
            <Stack gap={36}>
              <Section title={t("credits.orders")} wide>
                <Orders />
              </Section>
              <Section title={t("credits.movements")} lead={t("credits.movementsLead")} wide>
                <Transactions />
              </Section>
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="billing">
            <Billing />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </>
  );
}

function Figures() {
  const { t } = useTranslation();
  const credits = useQuery(creditsQuery);
  if (credits.isError) return <Failed error={credits.error} retry={() => void credits.refetch()} />;
  if (!credits.data) return <LoadingRows rows={1} height={90} />;
  const { total_credits, total_usage } = credits.data;
  const figures = [
    { label: t("credits.balance"), value: formatLeft(total_credits - total_usage) },
    { label: t("credits.added"), value: formatUsd(total_credits) },
    { label: t("credits.used"), value: formatUsd(total_usage) },
  ];
  return (
    <Stack gap="xs">
      <SimpleGrid cols={3} spacing={{ base: "xs", sm: "md" }} maw={720}>
        {figures.map(({ label, value }) => (
          <Card key={label} p={{ base: "xs", sm: "lg" }} padding="sm">
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={{ base: "0.9rem", sm: "1.6rem" }} fw={650}>
              {value}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
      <Lots />
    </Stack>
  );
}

function Add() {
  const { t } = useTranslation();
  const options = useQuery(optionsQuery);
  const may = useMay();
  return (
    <Loaded query={options} rows={5}>
      {(known) => (
        <Stack gap={36}>
          {known.methods.length > 0 && (
            <Section title={t("credits.buyTitle")}>
              <Buy options={known} />
            </Section>
          )}
          {known.vouchers && (
            <Section title={t("credits.voucherTitle")}>
              <Redeem />
            </Section>
          )}
          {known.methods.some(({ method }) => method === "card") && (
            <Section title={t("credits.auto.title")} lead={t("credits.auto.lead")}>
              <AutoTopup options={known} />
            </Section>
          )}
          {may("settings:read") && (
            <Section title={t("credits.low.title")} lead={t("credits.low.lead")}>
              <LowBalanceNotice />
            </Section>
          )}
        </Stack>
      )}
    </Loaded>
  );
}
