/** What the data packages or a provider's own list would change: looked at, chosen from, applied. */
import { Button, Checkbox, Group, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { FormFault } from "@/shared/ui/form-fault";
import { providersQuery } from "./catalog-queries";
import { bySubject, Differences, modelOf } from "./differences";
import { Notes } from "./notes";

export function SyncPanel() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const providers = useQuery(providersQuery);
  const [source, setSource] = useState("packages");
  const [free, setFree] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const path = { source };
  const propose = useMutation({
    mutationFn: () =>
      taken(client.POST("/api/admin/catalog/sync/{source}/preview", { params: { path }, body: { free } })),
    onSuccess: ({ differences }) =>
      setChosen(new Set(bySubject(differences).flatMap(({ name }) => modelOf(name) ?? []))),
  });
  const apply = useMutation({
    mutationFn: ({ token, only }: { token: string; only: string[] | null }) =>
      taken(
        client.POST("/api/admin/catalog/sync/{source}/apply", {
          params: { path },
          body: { token, free, only },
        }),
      ),
    onSuccess: async () => {
      propose.reset();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin"] }),
        queries.invalidateQueries(modelsQuery),
      ]);
    },
  });
  const proposal = propose.data;
  const models = proposal ? bySubject(proposal.differences).flatMap(({ name }) => modelOf(name) ?? []) : [];
  const whole = chosen.size === models.length;
  const choose = (model: string, isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      if (isChosen) next.add(model);
      else next.delete(model);
      return next;
    });
  const reset = () => {
    propose.reset();
    apply.reset();
  };
  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end">
        <Select
          label={t("admin.catalog.from")}
          w={260}
          allowDeselect={false}
          searchable
          value={source}
          data={[
            { value: "packages", label: t("admin.catalog.packages") },
            ...(providers.data ?? [])
              .filter(({ is_active }) => is_active)
              .map(({ slug, name }) => ({ value: slug, label: name })),
          ]}
          onChange={(value) => {
            setSource(value ?? "packages");
            reset();
          }}
        />
        <Button variant="default" loading={propose.isPending} onClick={() => propose.mutate()}>
          {t("admin.catalog.preview")}
        </Button>
      </Group>
      <Checkbox
        label={t("admin.catalog.free")}
        description={t("admin.catalog.freeNote")}
        checked={free}
        onChange={(event) => {
          setFree(event.currentTarget.checked);
          reset();
        }}
      />
      <FormFault error={propose.error ?? apply.error} />
      {apply.isSuccess && <Text role="status">{t("admin.catalog.applied")}</Text>}
      {proposal && (
        <>
          <Notes remarks={proposal.remarks} />
          {models.length > 0 && (
            <Group gap="sm">
              <Checkbox
                label={t("admin.catalog.chosen", { count: chosen.size, of: models.length })}
                checked={whole}
                indeterminate={!whole && chosen.size > 0}
                onChange={(event) => setChosen(new Set(event.currentTarget.checked ? models : []))}
              />
            </Group>
          )}
          <Differences differences={proposal.differences} chosen={chosen} choose={choose} />
          {proposal.differences.length > 0 && (
            <Group>
              <Button
                disabled={models.length > 0 && chosen.size === 0}
                loading={apply.isPending}
                onClick={() => apply.mutate({ token: proposal.token, only: whole ? null : [...chosen] })}
              >
                {t("admin.catalog.apply")}
              </Button>
            </Group>
          )}
        </>
      )}
    </Stack>
  );
}
