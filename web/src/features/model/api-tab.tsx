/** How to call the model: code, and the settings of well-known apps, filled in with this server's address. */
import { Stack, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Model } from "@/shared/api/models";
import { apiAddress } from "@/shared/lib/api-address";
import { snippets } from "@/shared/lib/snippets";
import { AppGuides } from "@/shared/ui/app-guides";
import { CodeTabs } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { FreshKey } from "@/shared/ui/fresh-key";
import classes from "./model-page.module.css";

export function ApiTab({ model }: { model: Model }) {
  const { t } = useTranslation();
  const [freshKey, setFreshKey] = useState<string>();
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
        <Stack gap={10} mt="md">
          <FreshKey name={model.id} made={freshKey} take={setFreshKey} />
          <CodeTabs blocks={snippets(model.id, freshKey)} />
        </Stack>
      </section>
      <section aria-labelledby="apps">
        <Title order={2} mb={4} id="apps">
          {t("model.appsTitle")}
        </Title>
        <p className={classes.lead}>{t("model.appsLead")}</p>
        <AppGuides model={model.id} freshKey={freshKey} />
      </section>
    </Stack>
  );
}
