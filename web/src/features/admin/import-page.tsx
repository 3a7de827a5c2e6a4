/** `/admin/catalog`: bringing things in from outside: a sync or a file, shown before it is applied; taking all of it out. */
import { Button, FileButton, Group, Select, Stack, Tabs, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call, request } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import type { components } from "@/shared/api/schema";
import { usePageTitle } from "@/shared/lib/page-title";
import { saveFile } from "@/shared/lib/save-file";
import { FormFault } from "@/shared/ui/form-fault";
import { PageTitle } from "@/shared/ui/states";
import { Differences } from "./differences";
import { Notes } from "./notes";
import { SyncPanel } from "./sync-panel";

const KINDS = ["file", "litellm", "openrouter"] as const;
type Kind = (typeof KINDS)[number];
type Answer = Pick<components["schemas"]["ImportAnswer"], "differences" | "token" | "applied"> & {
  remarks?: components["schemas"]["ImportAnswer"]["remarks"];
};

export function ImportPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.catalog.title"));
  return (
    <>
      <PageTitle title={t("admin.catalog.title")}>{t("admin.catalog.lead")}</PageTitle>
      <Tabs defaultValue="sync" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="sync">{t("admin.catalog.sync")}</Tabs.Tab>
          <Tabs.Tab value="import">{t("admin.catalog.import")}</Tabs.Tab>
          <Tabs.Tab value="export">{t("admin.catalog.export")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="sync">
          <SyncPanel />
        </Tabs.Panel>
        <Tabs.Panel value="import">
          <Import />
        </Tabs.Panel>
        <Tabs.Panel value="export">
          <Export />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Import() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Kind>("file");
  const [text, setText] = useState("");
  const base = kind === "file" ? "/api/admin/catalog" : `/api/admin/catalog/import/${kind}`;
  const preview = useMutation({
    mutationFn: () => call<Answer>("POST", `${base}/preview`, { text }),
  });
  const apply = useMutation({
    mutationFn: (token: string) => call<Answer>("POST", `${base}/apply`, { text, query: { token } }),
    onSuccess: async () => {
      preview.reset();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin"] }),
        queries.invalidateQueries(modelsQuery),
      ]);
    },
  });
  const change = (next: string) => {
    setText(next);
    preview.reset();
    apply.reset();
  };
  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end">
        <Select
          label={t("admin.catalog.from")}
          w={260}
          allowDeselect={false}
          value={kind}
          data={KINDS.map((value) => ({ value, label: t(`admin.catalog.sources.${value}`) }))}
          onChange={(value) => {
            setKind(KINDS.find((each) => each === value) ?? "file");
            preview.reset();
          }}
        />
        <FileButton
          accept=".yaml,.yml,.json,.txt"
          onChange={(file) => void file?.text().then((content) => change(content))}
        >
          {(props) => (
            <Button variant="default" {...props}>
              {t("admin.catalog.choose")}
            </Button>
          )}
        </FileButton>
      </Group>
      <Textarea
        label={t("admin.catalog.contents")}
        description={t("admin.catalog.contentsNote")}
        autosize
        minRows={8}
        maxRows={20}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <FormFault error={preview.error ?? apply.error} />
      {preview.data && (
        <>
          <Notes remarks={preview.data.remarks ?? []} />
          <Differences differences={preview.data.differences} />
        </>
      )}
      {apply.isSuccess && <Text role="status">{t("admin.catalog.applied")}</Text>}
      <Group gap="sm">
        <Button
          variant="default"
          disabled={!text.trim()}
          loading={preview.isPending}
          onClick={() => preview.mutate()}
        >
          {t("admin.catalog.preview")}
        </Button>
        {preview.data && preview.data.differences.length > 0 && (
          <Button loading={apply.isPending} onClick={() => apply.mutate(preview.data.token)}>
            {t("admin.catalog.apply")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Export() {
  const { t } = useTranslation();
  const get = useMutation({
    mutationFn: async (all: boolean) =>
      (
        await request("GET", "/api/admin/catalog", {
          query: { all: all || null },
          headers: { accept: "application/yaml" },
        })
      ).blob(),
    onSuccess: (file) => saveFile(file, "catalogue.yaml"),
  });
  return (
    <Stack gap="sm">
      <Text c="dimmed" maw={680}>
        {t("admin.catalog.exportLead")}
      </Text>
      <FormFault error={get.error} />
      <Group gap="sm">
        <Button variant="default" loading={get.isPending} onClick={() => get.mutate(false)}>
          {t("admin.catalog.exportOwn")}
        </Button>
        <Button variant="default" loading={get.isPending} onClick={() => get.mutate(true)}>
          {t("admin.catalog.exportAll")}
        </Button>
      </Group>
    </Stack>
  );
}
