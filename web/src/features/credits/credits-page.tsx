/** `/settings/credits`: what there is, a voucher, buying more, and what was bought. */
import { Card, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { Buy } from "./buy";
import { History } from "./history";
import { creditsQuery, optionsQuery } from "./queries";
import { Redeem } from "./redeem";

export function CreditsPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.credits"));
  const credits = useQuery(creditsQuery);
  const options = useQuery(optionsQuery);
  const figures = credits.data && [
    { label: t("credits.balance"), value: credits.data.total_credits - credits.data.total_usage },
    { label: t("credits.added"), value: credits.data.total_credits },
    { label: t("credits.used"), value: credits.data.total_usage },
  ];
  return (
    <>
      <PageTitle title={t("shell.credits")}>{t("credits.lead")}</PageTitle>
      <Stack gap={36}>
        {credits.isPending && <LoadingRows rows={1} height={90} />}
        {credits.isError && <Failed error={credits.error} retry={() => void credits.refetch()} />}
        {figures && (
          <SimpleGrid cols={{ base: 1, xs: 3 }} maw={720}>
            {figures.map(({ label, value }) => (
              <Card key={label}>
                <Text size="sm" c="dimmed">
                  {label}
                </Text>
                <Text fz="1.6rem" fw={650}>
                  {formatUsd(value)}
                </Text>
              </Card>
            ))}
          </SimpleGrid>
        )}
        {options.data && options.data.methods.length > 0 && (
          <section aria-labelledby="buy">
            <Title order={2} id="buy" mb="sm">
              {t("credits.buyTitle")}
            </Title>
            <Buy options={options.data} />
          </section>
        )}
        {options.data?.vouchers && (
          <section aria-labelledby="voucher">
            <Title order={2} id="voucher" mb="sm">
              {t("credits.voucherTitle")}
            </Title>
            <Redeem />
          </section>
        )}
        <section aria-labelledby="orders">
          <Title order={2} id="orders" mb="sm">
            {t("credits.orders")}
          </Title>
          <History />
        </section>
      </Stack>
    </>
  );
}
