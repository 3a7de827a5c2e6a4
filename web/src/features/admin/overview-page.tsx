/** `/admin`: figures of the server, and whether its mail leaves. */
import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { formatNumber, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { useReasonText } from "@/shared/ui/error-text";
import { Facts } from "@/shared/ui/facts";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { mailQuery } from "./catalog-queries";
import { overviewQuery } from "./queries";

const DAYS = 30;

export function OverviewPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.overview.title"));
  const overview = useQuery(overviewQuery(DAYS));
  return (
    <>
      <PageTitle title={t("admin.overview.title")}>{t("admin.overview.lead", { count: DAYS })}</PageTitle>
      <Stack gap={40}>
        <Loaded query={overview} rows={3}>
          {(found) => (
            <SimpleGrid cols={{ base: 2, lg: 4 }} spacing={{ base: "xs", sm: "md" }}>
              <Figure name={t("admin.overview.answers")} value={formatNumber(found.answers)} />
              <Figure name={t("admin.overview.revenue")} value={formatUsd(Number(found.revenue))} />
              <Figure name={t("admin.overview.cost")} value={formatUsd(Number(found.cost))} />
              <Figure name={t("admin.overview.margin")} value={formatUsd(Number(found.margin))} />
              <Figure name={t("admin.users.title")} value={formatNumber(found.users)} />
              <Figure name={t("admin.overview.newUsers")} value={formatNumber(found.new_users)} />
              <Figure name={t("admin.overview.suspended")} value={formatNumber(found.suspended_users)} />
              <Figure name={t("admin.overview.organizations")} value={formatNumber(found.organizations)} />
            </SimpleGrid>
          )}
        </Loaded>
        <Mail />
      </Stack>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <Card>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={{ base: "1.2rem", sm: "1.5rem" }} fw={650} style={{ overflowWrap: "anywhere" }}>
        {value}
      </Text>
    </Card>
  );
}

function Mail() {
  const { t } = useTranslation();
  const mail = useQuery(mailQuery);
  const reasonOf = useReasonText();
  return (
    <Section title={t("admin.mail.title")} lead={t("admin.mail.lead")}>
      <Loaded query={mail} rows={2}>
        {(found) => (
          <Facts
            facts={[
              [
                t("admin.mail.by"),
                <Badge key="kind" color={found.kind === "smtp" ? "tide" : "gray"}>
                  {found.kind === "smtp" ? "SMTP" : t("admin.mail.console")}
                </Badge>,
              ],
              [t("admin.mail.waiting"), formatNumber(found.waiting)],
              [t("admin.mail.sent"), formatNumber(found.sent)],
              [t("admin.mail.givenUp"), formatNumber(found.given_up)],
              ...(found.last_fault
                ? [
                    [
                      t("admin.mail.lastFault"),
                      reasonOf({ problem: "mail_not_sent", rule: found.last_rule, code: found.last_code }) ??
                        found.last_fault,
                    ] as [string, string],
                  ]
                : []),
            ]}
          />
        )}
      </Loaded>
      <TestMail />
    </Section>
  );
}

function TestMail() {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [email, setEmail] = useState(me?.user.email ?? "");
  const test = useMutation({
    mutationFn: () => taken(client.POST("/api/admin/mail/test", { body: { email: email.trim() } })),
    onSettled: () => queries.invalidateQueries(mailQuery),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        test.mutate();
      }}
    >
      <Stack gap="sm" maw={480}>
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("admin.mail.to")}
            type="email"
            required
            flex="1 1 220px"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={test.isPending}>
            {t("admin.mail.test")}
          </Button>
        </Group>
        <FormFault error={test.error} />
        {test.data && (
          <Text size="sm" role="status">
            {test.data.kind === "smtp" ? t("admin.mail.taken") : t("admin.mail.printed")}
          </Text>
        )}
      </Stack>
    </form>
  );
}
