/** A forgotten password: a link by mail. The answer is the same whether the address is known or not. */
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { mailLanguage } from "@/shared/lib/mail-language";
import { FormFault } from "@/shared/ui/form-fault";

export function ResetForm({ back }: { back: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const send = useMutation({
    mutationFn: () =>
      taken(client.POST("/api/app/auth/reset", { body: { email: email.trim(), language: mailLanguage() } })),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Stack gap="sm">
        {send.data ? (
          <Text role="status">{t("signIn.resetSent", { email })}</Text>
        ) : (
          <>
            <Text size="sm">{t("signIn.resetLead")}</Text>
            <TextInput
              label={t("signIn.email")}
              type="email"
              autoFocus
              autoComplete="email"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <FormFault error={send.error} />
            <Button type="submit" loading={send.isPending} fullWidth>
              {t("signIn.sendLink")}
            </Button>
          </>
        )}
        <Anchor component="button" type="button" size="sm" onClick={back}>
          {t("common.back")}
        </Anchor>
      </Stack>
    </form>
  );
}
