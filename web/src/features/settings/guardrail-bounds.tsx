/** Where requests may go by a guardrail: models, providers, the region they arrive through. */
import { Badge, MultiSelect, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/shared/api/models";
import { providerNamesQuery } from "@/shared/api/providers";
import { Section } from "@/shared/ui/section";
import { HERE, type Part, REGIONS } from "./guardrail-queries";

export function Bounds({ draft, set }: Part) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const providers = useQuery(providerNamesQuery);
  const ids = [...new Set(models.data?.map(({ id }) => id))];
  const typed = { splitChars: [",", " "], acceptValueOnBlur: true, limit: 20 };
  return (
    <Section title={t("guardrails.bounds")} lead={t("guardrails.boundsLead")}>
      <TagsInput
        label={t("keys.models")}
        description={t("keys.modelsNote")}
        data={ids}
        value={draft.allowed_models ?? []}
        onChange={(allowed_models) => set({ allowed_models })}
        {...typed}
      />
      <TagsInput
        label={t("guardrails.ignoredModels")}
        data={ids}
        value={draft.ignored_models ?? []}
        onChange={(ignored_models) => set({ ignored_models })}
        {...typed}
      />
      <TagsInput
        label={t("guardrails.onlyProviders")}
        description={t("privacy.onlyNote")}
        data={providers.data ?? []}
        value={draft.allowed_providers ?? []}
        onChange={(allowed_providers) => set({ allowed_providers })}
        {...typed}
      />
      <TagsInput
        label={t("guardrails.ignoredProviders")}
        data={providers.data ?? []}
        value={draft.ignored_providers ?? []}
        onChange={(ignored_providers) => set({ ignored_providers })}
        {...typed}
      />
      <MultiSelect
        label={
          <>
            {t("guardrails.regions")}{" "}
            <Badge color="gray" size="sm">
              {t("guardrails.noEffect")}
            </Badge>
          </>
        }
        description={t("guardrails.regionsNote")}
        clearable
        value={draft.allowed_data_regions ?? []}
        data={REGIONS.map((value) => ({ value, label: t(`guardrails.regionNames.${value}`) }))}
        onChange={(chosen) =>
          // Without the one there is, the server would have to refuse everything, and so refuses the rule.
          set({
            allowed_data_regions: REGIONS.filter(
              (each) => chosen.length > 0 && (each === HERE || chosen.includes(each)),
            ),
          })
        }
      />
    </Section>
  );
}
