/** `/admin/providers`: every provider the server knows; a key makes its models callable at once. Operators only. */
import { Badge, Button, Checkbox, Modal, PasswordInput, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import type { components } from "@/shared/api/schema";
import { rank } from "@/shared/lib/match";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { FormFault } from "@/shared/ui/form-fault";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";

type ProviderState = components["schemas"]["ProviderState"];

const providersQuery = queryOptions({
  queryKey: ["admin", "providers"],
  queryFn: async ({ signal }): Promise<ProviderState[]> =>
    (await taken(client.GET("/api/admin/catalog/providers", { signal }))).data,
});

export function ProvidersPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.providers"));
  const providers = useQuery(providersQuery);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<ProviderState | null>(null);
  const shown = rank(providers.data ?? [], query, ({ name, slug }) => `${name} ${slug}`);
  return (
    <>
      <PageTitle title={t("admin.providers")}>{t("admin.lead")}</PageTitle>
      <TextInput
        mb="md"
        maw={360}
        leftSection={<IconSearch size={16} />}
        placeholder={t("admin.find")}
        aria-label={t("admin.find")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      {providers.isPending && <LoadingRows />}
      {providers.isError && <Failed error={providers.error} retry={() => void providers.refetch()} />}
      {providers.data && (
        <div className="mp-scroll-x">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("common.provider")}</Table.Th>
                <Table.Th>{t("common.state")}</Table.Th>
                <Table.Th className="mp-num">{t("admin.keys")}</Table.Th>
                <Table.Th className="mp-num">{t("admin.models")}</Table.Th>
                <Table.Th>
                  <span className="mp-visually-hidden">{t("common.actions")}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((provider) => (
                <Table.Tr key={provider.slug}>
                  <Table.Td>
                    <AuthorMark author={provider.slug} size={18} /> <b>{provider.name}</b>{" "}
                    <code className="mp-mono">{provider.slug}</code>
                  </Table.Td>
                  <Table.Td>
                    <Badge color={provider.is_active ? "tide" : "gray"}>
                      {provider.is_active ? t("admin.active") : t("admin.inactive")}
                    </Badge>
                  </Table.Td>
                  <Table.Td className="mp-num">{provider.keys.length}</Table.Td>
                  <Table.Td className="mp-num">{provider.models}</Table.Td>
                  <Table.Td ta="right">
                    <Button size="compact-sm" variant="default" onClick={() => setChosen(provider)}>
                      {t("admin.addKey")}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <Modal
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        title={chosen ? t("admin.keyOf", { name: chosen.name }) : ""}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {chosen && <KeyForm key={chosen.slug} provider={chosen} />}
      </Modal>
    </>
  );
}

function KeyForm({ provider }: { provider: ProviderState }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const [unverified, setUnverified] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/catalog/providers/{slug}/key", {
          params: { path: { slug: provider.slug } },
          body: { key: key.trim(), unverified },
        }),
      ),
    onSuccess: async () => {
      setKey("");
      await Promise.all([queries.invalidateQueries(providersQuery), queries.invalidateQueries(modelsQuery)]);
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
        <PasswordInput
          label={t("admin.key")}
          description={t("admin.keyHint")}
          required
          autoComplete="off"
          data-autofocus
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Checkbox
          label={t("admin.unverified")}
          checked={unverified}
          onChange={(event) => setUnverified(event.currentTarget.checked)}
        />
        <FormFault error={save.error} />
        {save.data && (
          <Text role="status">
            {t(save.data.verified ? "admin.works" : "admin.saved", { count: save.data.models.length })}
          </Text>
        )}
        <Button type="submit" loading={save.isPending}>
          {t("admin.tryAndSave")}
        </Button>
      </Stack>
    </form>
  );
}
