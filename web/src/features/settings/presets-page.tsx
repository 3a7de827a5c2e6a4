/** `/settings/presets`: models, parameters and prompts kept under a name that requests can use. */
import { Badge, Button, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { PresetForm } from "./preset-form";
import { presetsQuery } from "./preset-queries";

export function PresetsPage() {
  const { t } = useTranslation();
  usePageTitle(t("presets.title"));
  const may = useMay();
  const navigate = useNavigate();
  const presets = useQuery(presetsQuery);
  const [making, setMaking] = useState(false);
  const create = may("presets:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("presets.create")}
    </Button>
  );
  return (
    <>
      <PageTitle title={t("presets.title")} aside={presets.data && presets.data.length > 0 && create}>
        {t("presets.lead")}
      </PageTitle>
      <Loaded query={presets} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("presets.none")} action={create}>
              {t("presets.noneBody")}
            </Empty>
          ) : (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("presets.title")}
              columns={[
                {
                  label: t("common.name"),
                  cell: (preset) => (
                    <div>
                      <LinkAnchor to="/settings/presets/$slug" params={{ slug: preset.slug }} fw={550}>
                        {preset.name}
                      </LinkAnchor>
                      {preset.description && (
                        <Text size="xs" c="dimmed">
                          {preset.description}
                        </Text>
                      )}
                    </div>
                  ),
                },
                {
                  label: t("presets.use"),
                  cell: ({ slug }) => <CopyableId id={`@preset/${slug}`} />,
                },
                { label: t("common.state"), cell: ({ status }) => <PresetState status={status} /> },
                { label: t("presets.changed"), cell: ({ updated_at }) => <When at={updated_at} /> },
              ]}
            />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("presets.create")} size="lg">
        <PresetForm
          saved={(slug) => void navigate({ to: "/settings/presets/$slug", params: { slug } })}
          close={() => setMaking(false)}
        />
      </Dialog>
    </>
  );
}

export function PresetState({ status }: { status: string }) {
  const { t } = useTranslation();
  const isOn = status === "active";
  return <Badge color={isOn ? "tide" : "gray"}>{isOn ? t("common.on") : t("common.off")}</Badge>;
}
