/** `/settings/notifications`: what one is mailed about, the account's webhook, and what the account was told. */
import { Alert, Badge, Button, Checkbox, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { CodeBlock } from "@/shared/ui/code";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { kindOf, Told } from "./told";

type Choice = components["schemas"]["Choice"];
type Hook = components["schemas"]["HookShown"];

const choicesQuery = queryOptions({
  queryKey: ["notices", "choices"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/notices/choices", { signal }))).data,
});

const hookQuery = queryOptions({
  queryKey: ["notices", "webhook"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/notices/webhook", { signal }))).data,
});

export function NotificationsPage() {
  const { t } = useTranslation();
  usePageTitle(t("notifications.title"));
  const may = useMay();
  const choices = useQuery(choicesQuery);
  const hook = useQuery({ ...hookQuery, enabled: may("settings:read") });
  return (
    <>
      <PageTitle title={t("notifications.title")}>{t("notifications.lead")}</PageTitle>
      <Stack gap={40}>
        <Section title={t("notifications.mail")} lead={t("notifications.mailLead")}>
          <Loaded query={choices} rows={6}>
            {(found) => <Choices choices={found} />}
          </Loaded>
        </Section>
        {may("settings:write") && (
          <Section title={t("notifications.webhook")} lead={t("notifications.webhookLead")}>
            <Loaded query={hook} rows={1}>
              {(found) => <Webhook key={found?.updated_at ?? "none"} hook={found} />}
            </Loaded>
            <Test />
          </Section>
        )}
        {may("settings:read") && <Told />}
      </Stack>
    </>
  );
}

function Choices({ choices }: { choices: Choice[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (muted: string[]) => taken(client.PUT("/api/app/notices/choices", { body: { muted } })),
    // Shown at once; what the server has comes after it.
    onMutate: (muted) =>
      queries.setQueryData(
        choicesQuery.queryKey,
        choices.map((each) => ({ ...each, mail: !muted.includes(each.kind) })),
      ),
    onSettled: () => queries.invalidateQueries(choicesQuery),
  });
  const toggle = (kind: string, mail: boolean) =>
    save.mutate(choices.filter((each) => (each.kind === kind ? !mail : !each.mail)).map((each) => each.kind));
  return (
    <Stack gap="xs">
      {choices
        .filter(({ kind, can_mute }) => kind !== "test" && can_mute)
        .map(({ kind, mail }) => (
          <Switch
            key={kind}
            label={t(`notifications.kinds.${kindOf(kind)}`)}
            checked={mail}
            onChange={(event) => toggle(kind, event.currentTarget.checked)}
          />
        ))}
      <Text size="sm" c="dimmed">
        {t("notifications.always", {
          kinds: choices
            .filter(({ can_mute }) => !can_mute)
            .map(({ kind }) => t(`notifications.kinds.${kindOf(kind)}`))
            .join(" · "),
        })}
      </Text>
      <FormFault error={save.error} />
    </Stack>
  );
}

function Webhook({ hook }: { hook: Hook | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [url, setUrl] = useState(hook?.url ?? "");
  const [enabled, setEnabled] = useState(hook?.enabled ?? true);
  const settled = () => queries.invalidateQueries(hookQuery);
  const save = useMutation({
    gcTime: 0,
    mutationFn: () => taken(client.PUT("/api/app/notices/webhook", { body: { url: url.trim(), enabled } })),
    onSuccess: ({ secret }) => {
      queries.setQueryData(["notices", "secret"], secret);
      return settled();
    },
  });
  const remove = useMutation({
    mutationFn: () => taken(client.DELETE("/api/app/notices/webhook")),
    onSuccess: settled,
  });
  const secret = useQuery<string | null>({ queryKey: ["notices", "secret"], queryFn: () => null, gcTime: 0 });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={560}>
        {hook && (
          <Badge color={hook.enabled ? "tide" : "gray"} style={{ alignSelf: "flex-start" }}>
            {hook.enabled ? t("common.on") : t("common.off")}
          </Badge>
        )}
        <TextInput
          label={t("notifications.address")}
          type="url"
          required
          maxLength={2000}
          placeholder="https://"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Checkbox
          label={t("notifications.enabled")}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        {secret.data && (
          <Alert variant="light" role="status" title={t("notifications.secretTitle")}>
            <Text size="sm" mb={6}>
              {t("notifications.secretLead")}
            </Text>
            <CodeBlock code={secret.data} label={t("notifications.secret")} />
          </Alert>
        )}
        <Group align="flex-end" gap="sm">
          <SaveRow save={save} />
          {hook && (
            <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>
              {t("organization.remove")}
            </Button>
          )}
        </Group>
        <FormFault error={remove.error} />
      </Stack>
    </form>
  );
}

function Test() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: () => taken(client.POST("/api/app/notices/test")),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["notices", "recent"] }),
  });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t("notifications.test")}
        </Button>
        {test.isSuccess && (
          <Text size="sm" c="dimmed" role="status">
            {t("notifications.tested")}
          </Text>
        )}
      </Group>
      <FormFault error={test.error} />
    </Stack>
  );
}
