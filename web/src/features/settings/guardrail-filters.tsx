/** What must not be sent: built-in detectors and own patterns, and what is done where one finds something. */
import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Section } from "@/shared/ui/section";
import { ACTIONS, type Builtin, type Change, type Custom, DETECTORS } from "./guardrail-queries";

export function Filters({ draft, set }: { draft: Change; set: (part: Partial<Change>) => void }) {
  const { t } = useTranslation();
  const builtins = draft.content_filter_builtins ?? [];
  const customs = draft.content_filters ?? [];
  const choices = ACTIONS.map((value) => ({ value, label: t(`guardrails.actions.${value}`) }));
  const setBuiltin = (slug: Builtin["slug"], value: string | null) => {
    const action = ACTIONS.find((each) => each === value);
    const others = builtins.filter((each) => each.slug !== slug);
    set({ content_filter_builtins: action ? [...others, { slug, action }] : others });
  };
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
          <Group key={slug} justify="space-between" gap="sm">
            <Text size="sm" id={`detector-${slug}`}>
              {t(`guardrails.detectors.${slug}`)}
            </Text>
            <Select
              size="xs"
              w={170}
              aria-labelledby={`detector-${slug}`}
              placeholder={t("common.off")}
              clearable
              value={builtins.find((each) => each.slug === slug)?.action ?? null}
              data={choices}
              onChange={(value) => setBuiltin(slug, value)}
            />
          </Group>
        ))}
      </Stack>
      {customs.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pattern has no other name while it is typed
        <Group key={index} gap="sm" align="flex-end" wrap="nowrap">
          <TextInput
            label={t("guardrails.pattern")}
            required
            flex={1}
            maxLength={500}
            value={each.pattern}
            onChange={(event) => setCustom(index, { pattern: event.currentTarget.value })}
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
