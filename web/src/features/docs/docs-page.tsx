/** `/docs`: a first call, the settings of well-known clients, and the reference of this server's own API. */
import { Container, Group, Select, Stack, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isFree, modelsQuery } from "@/shared/api/models";
import { apiAddress, serverAddress } from "@/shared/lib/api-address";
import { usePageTitle } from "@/shared/lib/page-title";
import { snippets } from "@/shared/lib/snippets";
import { AppGuides } from "@/shared/ui/app-guides";
import { CodeBlock, CodeTabs } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { FreshKey } from "@/shared/ui/fresh-key";
import { LinkAnchor } from "@/shared/ui/links";
import { PageTitle } from "@/shared/ui/states";
import classes from "./docs.module.css";
import { Reference } from "./reference";
import { Sdks } from "./sdks";
import { PARTS } from "./search";

const route = getRouteApi("/docs");

export function DocsPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.docs"));
  const { part = "start", q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const models = useQuery(modelsQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const [key, setKey] = useState<string>();
  const model = chosen ?? models.data?.find(isFree)?.id ?? models.data?.[0]?.id ?? "author/model";
  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle title={t("shell.docs")}>{t("docs.lead")}</PageTitle>
      <Tabs
        value={part}
        keepMounted={false}
        onChange={(value) => {
          const next = PARTS.find((each) => each === value);
          void navigate({ search: next && next !== "start" ? { part: next } : {}, resetScroll: false });
        }}
      >
        <Tabs.List mb="lg">
          {PARTS.map((each) => (
            <Tabs.Tab key={each} value={each} ref={each === part ? intoSight : undefined}>
              {t(`docs.parts.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {part !== "reference" && (
          <Stack gap="sm" mb="xl" maw={860}>
            <Group gap="lg" align="flex-end">
              <Select
                label={t("docs.model")}
                searchable
                limit={60}
                w={320}
                maw="100%"
                value={model}
                data={[...new Set([model, ...(models.data ?? []).map(({ id }) => id)])]}
                onChange={setChosen}
              />
            </Group>
            <FreshKey name="Docs" made={key} take={setKey} />
          </Stack>
        )}
        <Tabs.Panel value="start">
          <Start model={model} freshKey={key} />
        </Tabs.Panel>
        <Tabs.Panel value="clients">
          <Stack gap="xl" maw={860}>
            <section aria-labelledby="apps">
              <Title order={2} id="apps" mb={4}>
                {t("model.appsTitle")}
              </Title>
              <Text c="dimmed" mb="sm">
                {t("model.appsLead")}
              </Text>
              <AppGuides model={model} freshKey={key} />
            </section>
            <Sdks model={model} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="reference">
          <Reference
            query={q}
            change={(next) =>
              void navigate({
                search: { part: "reference", ...(next && { q: next }) },
                replace: true,
                resetScroll: false,
              })
            }
          />
        </Tabs.Panel>
      </Tabs>
    </Container>
  );
}

/** On a phone the tabs are wider than it. */
function intoSight(tab: HTMLElement | null): void {
  tab?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

/** What each kind of client calls, above the address: beside it, a phone would show neither. */
function doorsTo(model: string): string {
  const doors = [
    ["OpenAI Chat Completions", `${apiAddress()}/chat/completions`],
    ["OpenAI Responses", `${apiAddress()}/responses`],
    ["Anthropic Messages", `${apiAddress()}/messages`],
    ["Gemini", `${serverAddress()}/v1beta/models/${model}:generateContent`],
    ["Bedrock Converse", `${serverAddress()}/model/${encodeURIComponent(model)}/converse`],
    ["Cohere v2", `${serverAddress()}/v2/chat`],
    ["Embeddings", `${apiAddress()}/embeddings`],
    ["Rerank", `${apiAddress()}/rerank`],
  ];
  return doors.map(([what, address]) => `# ${what}\nPOST ${address}`).join("\n\n");
}

function Start({ model, freshKey }: { model: string; freshKey: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xl" maw={860}>
      <section aria-labelledby="first">
        <Title order={2} id="first" mb="sm">
          {t("docs.first")}
        </Title>
        <Text mb="sm">
          {t("docs.firstLead")}{" "}
          <LinkAnchor to="/settings/keys" underline="always">
            {t("shell.keys")}
          </LinkAnchor>
        </Text>
        <CopyableId id={apiAddress()} what={t("common.apiAddress")} />
        <Stack mt="sm">
          <CodeTabs blocks={snippets(model, freshKey)} />
        </Stack>
      </section>
      <section aria-labelledby="doors">
        <Title order={2} id="doors" mb="sm">
          {t("docs.doors")}
        </Title>
        <Text mb="sm">{t("docs.doorsLead")}</Text>
        <CodeBlock code={doorsTo(model)} />
      </section>
      <section aria-labelledby="routing">
        <Title order={2} id="routing" mb="sm">
          {t("docs.routing")}
        </Title>
        <Text mb="sm">{t("docs.routingLead")}</Text>
        <CodeBlock
          code={`{
  "model": "${model}",
  "models": ["${model}"],
  "provider": { "sort": "throughput", "allow_fallbacks": true, "data_collection": "deny" },
  "messages": [{ "role": "user", "content": "Hello" }]
}`}
        />
      </section>
      <section aria-labelledby="errors">
        <Title order={2} id="errors" mb="sm">
          {t("docs.errors")}
        </Title>
        <dl className={classes.codes}>
          {(["400", "401", "402", "403", "408", "429", "502", "503"] as const).map((code) => (
            <div key={code}>
              <dt>
                <code className="mp-mono">{code}</code>
              </dt>
              <dd>{t(`docs.codes.${code}`)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Stack>
  );
}
