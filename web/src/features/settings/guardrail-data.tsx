/** What providers may do with what is sent, by a guardrail. */
import { Checkbox, Group, Select, Stack, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LinkAnchor } from "@/shared/ui/links";
import { Section } from "@/shared/ui/section";
import { type Part, REFUSALS, ZDR_OF } from "./guardrail-queries";

export function DataPolicy({ draft, set }: Part) {
  const { t } = useTranslation();
  return (
    <Section title={t("privacy.data")} lead={t("privacy.dataLead")}>
      <Switch
        label={t("privacy.zdr")}
        description={t("privacy.zdrNote")}
        checked={draft.enforce_zdr === true}
        onChange={(event) => set({ enforce_zdr: event.currentTarget.checked || null })}
      />
      <Stack gap="xs" role="group" aria-label={t("guardrails.zdrOf")}>
        <Text size="sm" c="dimmed">
          {t("guardrails.zdrOf")}
        </Text>
        {ZDR_OF.map((whose) => {
          const field = `enforce_zdr_${whose}` as const;
          const said = draft[field] ?? null;
          return (
            <Group key={whose} justify="space-between" gap="sm">
              <Text size="sm" id={`zdr-${whose}`}>
                {t(`guardrails.zdrNames.${whose}`)}
              </Text>
              <Select
                size="xs"
                w={170}
                aria-labelledby={`zdr-${whose}`}
                allowDeselect={false}
                value={said === null ? "same" : said ? "on" : "off"}
                data={(["same", "on", "off"] as const).map((value) => ({
                  value,
                  label: t(`guardrails.zdrChoices.${value}`),
                }))}
                onChange={(value) => set({ [field]: value === "same" ? null : value === "on" })}
              />
            </Group>
          );
        })}
      </Stack>
      {REFUSALS.map((field) => (
        <Checkbox
          key={field}
          label={t(`guardrails.refuses.${field}`)}
          checked={draft[field] === false}
          onChange={(event) => set({ [field]: event.currentTarget.checked ? false : null })}
        />
      ))}
      <Text size="xs" c="dimmed">
        {t("guardrails.safetyNote")}{" "}
        <LinkAnchor to="/settings/privacy" underline="always">
          {t("privacy.title")}
        </LinkAnchor>
      </Text>
    </Section>
  );
}
