/** Passkeys: those there are, another one, and one less. */
import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { makePasskey, passkeysAreKnown } from "@/shared/lib/passkeys";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { Failed, LoadingRows } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { useGuarded } from "./prove-dialog";

const passkeysQuery = queryOptions({
  queryKey: ["passkeys"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/me/passkeys", { signal }))).data,
});

export function Passkeys() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const passkeys = useQuery(passkeysQuery);
  const [name, setName] = useState("");
  const settled = () => queries.invalidateQueries(passkeysQuery);
  const add = useMutation({
    mutationFn: () =>
      guarded(async () => {
        const { ticket, options } = await taken(client.POST("/api/app/me/passkeys/begin"));
        const credential = await makePasskey(options);
        return taken(
          client.POST("/api/app/me/passkeys", {
            body: { ticket, credential, name: name.trim() || t("settings.passkey") },
          }),
        );
      }),
    onSuccess: () => {
      setName("");
      return settled();
    },
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const remove = (passkey_id: string, called: string) =>
    setAsked({
      title: t("settings.passkeyDelete", { name: called }),
      body: t("settings.passkeyDeleteBody"),
      act: t("common.delete"),
      run: async () => {
        const params = { path: { passkey_id } };
        await guarded(() => taken(client.DELETE("/api/app/me/passkeys/{passkey_id}", { params })));
        await settled();
      },
    });
  // A dialog of the browser that was closed is no fault.
  const fault = add.error instanceof DOMException ? null : add.error;
  return (
    <Section title={t("settings.passkeys")} lead={t("settings.passkeysLead")}>
      {passkeys.isPending && <LoadingRows rows={1} />}
      {passkeys.isError && <Failed error={passkeys.error} retry={() => void passkeys.refetch()} />}
      {passkeys.data?.length === 0 && <Text c="dimmed">{t("settings.noPasskeys")}</Text>}
      {passkeys.data && passkeys.data.length > 0 && (
        <Table aria-label={t("settings.passkeys")}>
          <Table.Tbody>
            {passkeys.data.map((passkey) => (
              <Table.Tr key={passkey.id}>
                <Table.Th scope="row" fw={400}>
                  {passkey.name}
                </Table.Th>
                <Table.Td c="dimmed">
                  {t("settings.lastUsed")}{" "}
                  {passkey.used_at ? <When at={passkey.used_at} /> : t("common.never")}
                </Table.Td>
                <Table.Td ta="right">
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => remove(passkey.id, passkey.name)}
                  >
                    {t("common.delete")}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Confirm asked={asked} close={() => setAsked(null)} />
      <FormFault error={fault} />
      {passkeysAreKnown() && (
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("settings.passkeyName")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button variant="default" loading={add.isPending} onClick={() => add.mutate()}>
            {t("settings.addPasskey")}
          </Button>
        </Group>
      )}
    </Section>
  );
}
