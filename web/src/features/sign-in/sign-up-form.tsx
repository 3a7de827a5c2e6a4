/** A new account: the address is confirmed with a mailed code before it exists. */
import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Entered, Features } from "@/shared/api/session";
import { mailLanguage } from "@/shared/lib/mail-language";
import { FormFault } from "@/shared/ui/form-fault";
import { CodeForm } from "./code-form";

interface Props {
  features: Features | undefined;
  invitation?: string;
  entered: (result: Entered) => Promise<void>;
  back: () => void;
}

export function SignUpForm({ features, invitation, entered, back }: Props) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signUp = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/auth/sign-up", {
          body: { email: email.trim(), password, language: mailLanguage(), invitation },
        }),
      ),
  });
  if (signUp.data) {
    return (
      <CodeForm kind="address" ticket={signUp.data.ticket} entered={entered}>
        {t("signIn.confirmSent", { email })}
        {features?.mail === "console" && ` ${t("signIn.mailOnConsole")}`}
      </CodeForm>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        signUp.mutate();
      }}
    >
      <Stack gap="sm">
        {features?.registration === "invite" && !invitation && (
          <Alert variant="light">{t("signIn.inviteOnly")}</Alert>
        )}
        {features?.registration === "domains" && (
          <Text size="sm" c="dimmed">
            {t("signIn.domainsOnly", { domains: features.registration_domains.join(", ") })}
          </Text>
        )}
        <TextInput
          label={t("signIn.email")}
          type="email"
          autoFocus
          autoComplete="email"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t("signIn.password")}
          description={t("signIn.passwordHint")}
          autoComplete="new-password"
          minLength={10}
          required
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FormFault error={signUp.error} />
        <Button type="submit" loading={signUp.isPending} fullWidth>
          {t("signIn.up")}
        </Button>
        <Text size="sm" ta="center">
          {t("signIn.knownHere")}{" "}
          <Anchor component="button" type="button" onClick={back}>
            {t("signIn.in")}
          </Anchor>
        </Text>
      </Stack>
    </form>
  );
}
