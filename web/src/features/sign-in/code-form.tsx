/** The code that was mailed, or that an authenticator app shows. */
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Entered } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";

const ADDRESSES = {
  factor: "/api/app/auth/second-factor",
  mail: "/api/app/auth/code/verify",
  address: "/api/app/auth/verify",
} as const;

interface Props {
  kind: keyof typeof ADDRESSES;
  ticket: string;
  entered: (result: Entered) => Promise<void>;
  children: ReactNode;
}

export function CodeForm({ kind, ticket, entered, children }: Props) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const verify = useMutation({
    mutationFn: () =>
      taken(client.POST(ADDRESSES[kind], { body: { ticket, code: code.replace(/\s+/g, "") } })),
    onSuccess: entered,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    verify.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{children}</Text>
        <TextInput
          label={t("signIn.code")}
          autoComplete="one-time-code"
          inputMode={kind === "factor" ? "text" : "numeric"}
          autoFocus
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <FormFault error={verify.error} wrong={t("signIn.wrongCode")} />
        <Button type="submit" loading={verify.isPending} fullWidth>
          {t("signIn.go")}
        </Button>
      </Stack>
    </form>
  );
}
