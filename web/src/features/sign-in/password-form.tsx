/** Address and password. */
import { Anchor, Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Entered } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";

interface Props {
  entered: (result: Entered) => Promise<void>;
  forgot: () => void;
}

export function PasswordForm({ entered, forgot }: Props) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () =>
      taken(client.POST("/api/app/auth/sign-in", { body: { email: email.trim(), password } })),
    onSuccess: entered,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t("signIn.email")}
          type="email"
          autoFocus
          autoComplete="username webauthn"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t("signIn.password")}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FormFault error={signIn.error} wrong={t("signIn.wrong")} />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t("signIn.in")}
        </Button>
        <Group justify="flex-end">
          <Anchor component="button" type="button" size="sm" onClick={forgot}>
            {t("signIn.forgot")}
          </Anchor>
        </Group>
      </Stack>
    </form>
  );
}
