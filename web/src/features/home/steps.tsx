/** Three steps to a first call, with the code filled in for this server. */
import { SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { apiAddress } from "@/shared/lib/api-address";
import { KEY_NAME, snippets } from "@/shared/lib/snippets";
import { CodeTabs } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { LinkAnchor } from "@/shared/ui/links";
import classes from "./home-page.module.css";

export function Steps({ example }: { example: string | undefined }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="first-call">
      <Title order={2} id="first-call" mb="md">
        {t("home.steps")}
      </Title>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
        <Stack gap="lg" component="ol" m={0} p={0} style={{ listStyle: "none" }}>
          <Step number={1} title={t("home.step1")}>
            {t("home.step1Body")}{" "}
            <LinkAnchor to="/settings/keys" underline="always">
              {t("shell.keys")}
            </LinkAnchor>
          </Step>
          <Step number={2} title={t("home.step2")}>
            {t("home.step2Body")} <CopyableId id={apiAddress()} what={t("common.apiAddress")} />
          </Step>
          <Step number={3} title={t("home.step3")}>
            {t("home.step3Body")} {example && <CopyableId id={example} />}
          </Step>
        </Stack>
        <Stack gap={6} miw={0}>
          <CodeTabs blocks={snippets(example ?? "author/model")} />
          <Text size="sm" c="dimmed">
            {t("code.key", { name: KEY_NAME })}
          </Text>
        </Stack>
      </SimpleGrid>
    </section>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: React.ReactNode }) {
  return (
    <li className={classes.step}>
      <span className={classes.number} aria-hidden>
        {number}
      </span>
      <div>
        <Text fw={650}>{title}</Text>
        <Text c="dimmed" component="div">
          {children}
        </Text>
      </div>
    </li>
  );
}
