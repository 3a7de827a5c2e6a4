/** Everything one has here as a file, and the end of one's account. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Me } from "@/shared/api/session";
import { saveFile } from "@/shared/lib/save-file";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { useGuarded } from "./prove-dialog";

export function Export() {
  const { t } = useTranslation();
  const get = useMutation({
    mutationFn: () => taken(client.GET("/api/app/me/export", { parseAs: "blob" })),
    onSuccess: (file) => saveFile(new Blob([file], { type: "application/zip" }), "modelport-data.zip"),
  });
  return (
    <Section title={t("settings.export")} lead={t("settings.exportLead")}>
      <FormFault error={get.error} />
      <Group>
        <Button variant="default" loading={get.isPending} onClick={() => get.mutate()}>
          {t("settings.exportNow")}
        </Button>
      </Group>
    </Section>
  );
}

export function DeleteAccount({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const guarded = useGuarded();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { email } = me.user;
  return (
    <Section title={t("settings.deleteAccount")} lead={t("settings.deleteLead")}>
      <Group>
        <Button
          variant="outline"
          color="red"
          onClick={() =>
            setAsked({
              title: t("settings.deleteTitle"),
              body: (
                <Stack gap="xs">
                  <Text size="sm">{t("settings.deleteBody")}</Text>
                  <Text size="sm">{t("settings.deleteCredits")}</Text>
                </Stack>
              ),
              act: t("settings.deleteNow"),
              name: email,
              run: async () => {
                await guarded(() => taken(client.POST("/api/app/me/delete", { body: { email } })));
                await navigate({ to: "/" });
                await queries.resetQueries();
              },
            })
          }
        >
          {t("settings.deleteAccount")}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
