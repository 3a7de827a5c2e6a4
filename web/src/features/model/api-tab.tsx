/** How to call the model: code, and the settings of well-known apps, filled in with this server's address. */
import { Accordion, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Model } from "@/shared/api/models";
import { apiAddress } from "@/shared/lib/api-address";
import { KEY_NAME, snippets } from "@/shared/lib/snippets";
import { CodeBlock, CodeTabs } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { APPS, type AppGuide } from "./client-apps";
import classes from "./model-page.module.css";

export function ApiTab({ model, freshKey }: { model: Model; freshKey?: string }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xl" maw={860}>
      <section aria-labelledby="code">
        <Title order={2} mb="sm" id="code">
          {t("model.codeTitle")}
        </Title>
        <dl className={classes.settings}>
          <dt>{t("model.address")}</dt>
          <dd>
            <CopyableId id={apiAddress()} what={t("common.apiAddress")} />
          </dd>
          <dt>{t("common.model")}</dt>
          <dd>
            <CopyableId id={model.id} />
          </dd>
        </dl>
        <Stack gap={6} mt="md">
          <CodeTabs blocks={snippets(model.id, freshKey)} />
          {!freshKey && (
            <Text size="sm" c="dimmed">
              {t("code.key", { name: KEY_NAME })}
            </Text>
          )}
        </Stack>
      </section>
      <section aria-labelledby="apps">
        <Title order={2} mb={4} id="apps">
          {t("model.appsTitle")}
        </Title>
        <Text c="dimmed" mb="sm">
          {t("model.appsLead")}
        </Text>
        <Accordion variant="separated" order={3}>
          {APPS.map((app) => (
            <App key={app.name} app={app} model={model} freshKey={freshKey} />
          ))}
        </Accordion>
      </section>
    </Stack>
  );
}

function App({ app, model, freshKey }: { app: AppGuide; model: Model; freshKey?: string }) {
  const { t } = useTranslation();
  const key = freshKey ?? `$${KEY_NAME}`;
  return (
    <Accordion.Item value={app.name}>
      <Accordion.Control>{app.name}</Accordion.Control>
      <Accordion.Panel>
        <Text>{t(`model.apps.${app.guide}`)}</Text>
        <dl className={classes.settings}>
          {app.fields(model.id).map(({ label, value }) => (
            <Field
              key={label}
              label={label}
              value={value ?? key}
              copies={value !== undefined || freshKey !== undefined}
            />
          ))}
        </dl>
        {app.shell && (
          <Stack mt="sm">
            <CodeBlock code={app.shell(model.id, key)} />
          </Stack>
        )}
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function Field({ label, value, copies }: { label: string; value: string; copies: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {copies ? <CopyableId id={value} what={label} /> : <Text c="dimmed">{t("model.yourKey")}</Text>}
      </dd>
    </>
  );
}
