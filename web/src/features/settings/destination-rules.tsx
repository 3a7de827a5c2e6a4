/** Which requests a destination hears of, by rules: groups that must all be met, each by one or all of its rules. */
import { ActionIcon, Button, Group, Paper, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import {
  FIELDS,
  type Group as Of,
  operatorsOf,
  type Rule,
  type Rules,
  wantsValue,
} from "./destination-queries";

const NEW: Rule = { field: "model", operator: "equals", value: "" };

export function DestinationRules({ rules, set }: { rules: Rules | null; set: (rules: Rules) => void }) {
  const { t } = useTranslation();
  const groups = rules?.groups ?? [];
  const put = (at: number, group: Of | null) =>
    set({
      enabled: rules?.enabled ?? true,
      groups: groups.flatMap((each, index) => (index !== at ? [each] : group ? [group] : [])),
    });
  return (
    <Stack gap="sm">
      {rules && groups.length > 0 && (
        <Switch
          label={t("observability.rulesOn")}
          checked={rules.enabled !== false}
          onChange={(event) => set({ ...rules, enabled: event.currentTarget.checked })}
        />
      )}
      {groups.map((group, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a group has no name
        <RuleGroup key={at} group={group} number={at + 1} set={(changed) => put(at, changed)} />
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            set({
              enabled: rules?.enabled ?? true,
              groups: [...groups, { logic: "and", rules: [{ ...NEW }] }],
            })
          }
        >
          {groups.length ? t("observability.addGroup") : t("observability.addRules")}
        </Button>
      </Group>
    </Stack>
  );
}

function RuleGroup({ group, number, set }: { group: Of; number: number; set: (group: Of | null) => void }) {
  const { t } = useTranslation();
  const put = (at: number, rule: Rule | null) => {
    const rules = group.rules.flatMap((each, index) => (index !== at ? [each] : rule ? [rule] : []));
    set(rules.length ? { ...group, rules } : null);
  };
  return (
    <Paper withBorder p="sm" role="group" aria-label={t("observability.groupOf", { number })}>
      <Stack gap="xs">
        {number > 1 && (
          <Text size="xs" c="dimmed">
            {t("observability.andAlso")}
          </Text>
        )}
        {group.rules.length > 1 && (
          <Select
            size="xs"
            w={200}
            aria-label={t("observability.logic")}
            allowDeselect={false}
            value={group.logic === "or" ? "or" : "and"}
            data={(["and", "or"] as const).map((value) => ({
              value,
              label: t(`observability.logics.${value}`),
            }))}
            onChange={(value) => set({ ...group, logic: value === "or" ? "or" : "and" })}
          />
        )}
        {group.rules.map((rule, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name
          <RuleRow key={at} rule={rule} set={(changed) => put(at, changed)} />
        ))}
        <Group>
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => set({ ...group, rules: [...group.rules, { ...NEW }] })}
          >
            {t("observability.addRule")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function RuleRow({ rule, set }: { rule: Rule; set: (rule: Rule | null) => void }) {
  const { t } = useTranslation();
  const operators = operatorsOf(rule.field);
  return (
    <Group gap="xs" align="center">
      <Select
        size="xs"
        w={150}
        aria-label={t("observability.field")}
        allowDeselect={false}
        value={rule.field}
        data={FIELDS.map((value) => ({ value, label: t(`observability.ruleFields.${value}`) }))}
        onChange={(value) => {
          const field = FIELDS.find((each) => each === value) ?? rule.field;
          const can = operatorsOf(field);
          set({ ...rule, field, operator: can === operators ? rule.operator : (can[0] ?? "equals") });
        }}
      />
      <Select
        size="xs"
        w={150}
        aria-label={t("observability.operator")}
        allowDeselect={false}
        value={rule.operator}
        data={operators.map((value) => ({ value, label: t(`observability.operators.${value}`) }))}
        onChange={(value) =>
          set({ ...rule, operator: operators.find((each) => each === value) ?? rule.operator })
        }
      />
      {wantsValue(rule.operator) && (
        <TextInput
          size="xs"
          flex="1 1 140px"
          required
          maxLength={2000}
          aria-label={t("observability.value")}
          placeholder={t("observability.value")}
          value={rule.value ?? ""}
          onChange={(event) => set({ ...rule, value: event.currentTarget.value })}
        />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t("observability.dropRule")}
        onClick={() => set(null)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
