/** `/settings/byok`: keys the account has with providers itself, used before the operator's. */
import { Button, Select } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { Dialog } from "@/shared/ui/dialog";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { OwnKeyForm } from "./byok-form";
import { ownKeysQuery } from "./byok-queries";
import { OwnKeys } from "./byok-table";
import { workspacesQuery } from "./workspace-queries";

export function ByokPage() {
  const { t } = useTranslation();
  usePageTitle(t("byok.title"));
  const may = useMay();
  const [workspace, setWorkspace] = useState("default");
  const workspaces = useQuery(workspacesQuery);
  const keys = useQuery(ownKeysQuery(workspace));
  const [making, setMaking] = useState(false);
  const create = may("byok:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("byok.create")}
    </Button>
  );
  return (
    <>
      <PageTitle title={t("byok.title")} aside={keys.data && keys.data.length > 0 && create}>
        {t("byok.lead")}
      </PageTitle>
      {workspaces.data && workspaces.data.length > 1 && (
        <Select
          mb="md"
          w={260}
          label={t("keys.workspace")}
          allowDeselect={false}
          value={workspace}
          data={workspaces.data.map(({ slug, name }) => ({ value: slug, label: name }))}
          onChange={(value) => setWorkspace(value ?? "default")}
        />
      )}
      <Loaded query={keys} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("byok.none")} action={create}>
              {t("byok.noneBody")}
            </Empty>
          ) : (
            <OwnKeys rows={rows} />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("byok.create")} size="lg">
        <OwnKeyForm workspace={workspace} close={() => setMaking(false)} />
      </Dialog>
    </>
  );
}
