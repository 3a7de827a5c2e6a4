/** Step by step: how well-known apps are pointed at this server, with a model and, where there is one, a fresh key. */
import { Accordion, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { APPS, type AppGuide } from "@/shared/lib/client-apps";
import { KEY_NAME } from "@/shared/lib/snippets";
import classes from "./app-guides.module.css";
import { CodeBlock } from "./code";
import { CopyableId } from "./copy";

interface Props {
  model: string;
  freshKey?: string;
}

export function AppGuides({ model, freshKey }: Props) {
  return (
    <Accordion variant="separated" order={3}>
      {APPS.map((app) => (
        <App key={app.name} app={app} model={model} freshKey={freshKey} />
      ))}
    </Accordion>
  );
}

function App({ app, model, freshKey }: Props & { app: AppGuide }) {
  const { t } = useTranslation();
  const key = freshKey ?? `$${KEY_NAME}`;
  return (
    <Accordion.Item value={app.name}>
      <Accordion.Control>{app.name}</Accordion.Control>
      <Accordion.Panel>
        <Text>{t(`model.apps.${app.guide}`)}</Text>
        <dl className={classes.settings}>
          {app.fields(model).map(({ label, value }) => (
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
            <CodeBlock code={app.shell(model, key)} />
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
