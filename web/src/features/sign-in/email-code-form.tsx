/** A one-time code by mail instead of a password. */
import { Button, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Entered } from "@/shared/api/session";
import { mailLanguage } from "@/shared/lib/mail-language";
import { FormFault } from "@/shared/ui/form-fault";
import { CodeForm } from "./code-form";

interface Props {
  entered: (result: Entered) => Promise<void>;
  invitation?: string;
}

export function EmailCodeForm({ entered, invitation }: Props) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const send = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/auth/code", {
          body: { email: email.trim(), language: mailLanguage(), invitation },
        }),
      ),
  });
  if (send.data) {
    return (
      <CodeForm kind="mail" ticket={send.data.ticket} entered={entered}>
        {t("signIn.codeSent", { email })}
      </CodeForm>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Stack gap="sm">
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
          {t("signIn.sendCode")}
        </Button>
      </Stack>
    </form>
  );
}
