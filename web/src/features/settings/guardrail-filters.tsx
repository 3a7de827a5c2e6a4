/** What must not be sent: built-in detectors and own patterns, and what is done where one finds something. */
import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Section } from "@/shared/ui/section";
import { ACTIONS, type Builtin, type Custom, DETECTORS, type Part, SCOPES } from "./guardrail-queries";

export function Filters({ draft, set }: Part) {
  const { t } = useTranslation();
  const customs = draft.content_filters ?? [];
  const choices = ACTIONS.map((value) => ({ value, label: t(`guardrails.actions.${value}`) }));
  const setCustom = (index: number, part: Partial<Custom> | null) =>
    set({
      content_filters: customs.flatMap((each, at) =>
        at !== index ? [each] : part === null ? [] : [{ ...each, ...part }],
      ),
    });
  return (
    <Section title={t("guardrails.filters")} lead={t("guardrails.filtersLead")}>
      <Stack gap="xs">
        {DETECTORS.map((slug) => (
          <Detector key={slug} slug={slug} draft={draft} set={set} />
        ))}
      </Stack>
      {customs.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pattern has no other name while it is typed
        <Group key={index} gap="sm" align="flex-end">
          <TextInput
            label={t("guardrails.pattern")}
            required
            flex="1 1 200px"
            maxLength={100_000}
            value={each.pattern}
            onChange={(event) => setCustom(index, { pattern: event.currentTarget.value })}
          />
          <TextInput
            label={t("guardrails.inPlace")}
            placeholder="[REDACTED]"
            w={140}
            maxLength={100}
            value={each.label ?? ""}
            onChange={(event) => setCustom(index, { label: event.currentTarget.value || null })}
          />
          <Select
            label={t("guardrails.action")}
            w={130}
            allowDeselect={false}
            value={each.action}
            data={choices}
            onChange={(value) =>
              setCustom(index, { action: ACTIONS.find((action) => action === value) ?? "redact" })
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t("guardrails.dropPattern")}
            onClick={() => setCustom(index, null)}
          >
            <IconTrash size={17} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => set({ content_filters: [...customs, { pattern: "", action: "redact" }] })}
        >
          {t("guardrails.addPattern")}
        </Button>
      </Group>
    </Section>
  );
}

function Detector({ slug, draft, set }: Part & { slug: Builtin["slug"] }) {
  const { t } = useTranslation();
  const builtins = draft.content_filter_builtins ?? [];
  const now = builtins.find((each) => each.slug === slug);
  const put = (entry: Builtin | null) => {
    const others = builtins.filter((each) => each.slug !== slug);
    set({ content_filter_builtins: entry ? [...others, entry] : others });
  };
  const isInjection = slug === "regex-prompt-injection";
  return (
    <Group justify="space-between" gap="sm">
      <div>
        <Text size="sm" id={`detector-${slug}`}>
          {t(`guardrails.detectors.${slug}`)}
        </Text>
        {isInjection && (
          <Text size="xs" c="dimmed" maw={400}>
            {t("guardrails.injectionNote")}
          </Text>
        )}
      </div>
      <Group gap="xs">
        {isInjection && now && (
          <Select
            size="xs"
            w={170}
            aria-label={t("guardrails.scope")}
            allowDeselect={false}
            value={now.scan_scope ?? "all_messages"}
            data={SCOPES.map((value) => ({ value, label: t(`guardrails.scopes.${value}`) }))}
            onChange={(value) => put({ ...now, scan_scope: SCOPES.find((each) => each === value) ?? null })}
          />
        )}
        <Select
          size="xs"
          w={170}
          aria-labelledby={`detector-${slug}`}
          placeholder={t("common.off")}
          clearable
          value={now?.action ?? null}
          data={ACTIONS.map((value) => ({ value, label: t(`guardrails.actions.${value}`) }))}
          onChange={(value) => {
            const action = ACTIONS.find((each) => each === value);
            put(action ? { ...now, slug, action } : null);
          }}
        />
      </Group>
    </Group>
  );
}
