/** A mark-up or discount, new or changed: for whom, of what, how much; and what that makes of a dollar, while it is typed. */
import { Autocomplete, Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { providerNamesQuery } from "@/shared/api/providers";
import { exactUsd, marked, shiftPoint } from "@/shared/lib/decimal";
import { FormFault } from "@/shared/ui/form-fault";
import { ModelField } from "@/shared/ui/model-field";
import { groupsQuery, type PriceRule, type PriceRuleBody, pricingKey, rulesQuery } from "./price-queries";

const percentOf = (part: string | null | undefined) => (part ? (shiftPoint(part, 2) ?? "") : "");
/** What was typed as per cent, as a part; null where nothing was typed. What is no number is left to the server to refuse. */
const partOf = (percent: string) => (percent.trim() ? (shiftPoint(percent, -2) ?? percent.trim()) : null);

export function PriceRuleForm({ rule, close }: { rule: PriceRule | undefined; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const groups = useQuery(groupsQuery);
  const providers = useQuery(providerNamesQuery);
  const [draft, setDraft] = useState({
    group: rule?.group ?? "",
    model: rule?.model ?? "",
    provider: rule?.provider ?? "",
    markup: percentOf(rule?.markup),
    discount: percentOf(rule?.discount),
  });
  const set = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const body: PriceRuleBody = {
        group: draft.group.trim() || null,
        model: draft.model.trim() || null,
        provider: draft.provider.trim() || null,
        markup: partOf(draft.markup),
        discount: partOf(draft.discount),
      };
      return rule
        ? taken(
            client.PUT("/api/admin/pricing/rules/{rule_id}", {
              params: { path: { rule_id: rule.id } },
              body,
            }),
          )
        : taken(client.POST("/api/admin/pricing/rules", { body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: rulesQuery.queryKey });
      void queries.invalidateQueries({ queryKey: pricingKey });
      close();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm">
        <Autocomplete
          label={t("prices.group")}
          description={t("prices.groupNote")}
          maxLength={60}
          data={(groups.data ?? []).map(({ name }) => name)}
          value={draft.group}
          onChange={(group) => set({ group })}
        />
        <ModelField
          label={t("common.model")}
          description={t("prices.modelNote")}
          value={draft.model}
          onChange={(model) => set({ model })}
        />
        <Autocomplete
          label={t("common.provider")}
          description={t("prices.providerNote")}
          maxLength={100}
          data={providers.data ?? []}
          value={draft.provider}
          onChange={(provider) => set({ provider })}
        />
        <SimpleGrid cols={2} spacing="sm">
          {(["markup", "discount"] as const).map((name) => (
            <TextInput
              key={name}
              label={t(`prices.${name}`)}
              inputMode="decimal"
              rightSection="%"
              maxLength={14}
              value={draft[name]}
              onChange={(event) => set({ [name]: event.currentTarget.value })}
            />
          ))}
        </SimpleGrid>
        <Example group={draft.group.trim()} markup={draft.markup} discount={draft.discount} />
        {rule && (
          <Text size="sm" c="dimmed">
            {t("prices.changeNote")}
          </Text>
        )}
        <FormFault error={save.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!draft.markup.trim() && !draft.discount.trim()}
          >
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Example({ group, markup, discount }: { group: string; markup: string; discount: string }) {
  const { t } = useTranslation();
  const made = marked("1", partOf(markup) ?? "0", partOf(discount) ?? "0");
  const values = { listed: exactUsd("1"), price: made === null ? "—" : exactUsd(made) };
  return (
    <Text size="sm" role="status">
      {group ? t("prices.exampleOf", { ...values, group }) : t("prices.example", values)}
    </Text>
  );
}
