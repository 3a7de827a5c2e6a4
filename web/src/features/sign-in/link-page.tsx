/**
 * `/sign-in/verify#…` and `/sign-in/reset#…`: where mailed links lead.
 *
 * What the link carries stands behind the `#`, so that no server or proxy logs it, and is used only when a button is
 * pressed: mail programs open links to look at them.
 */
import { Button, Card, Container, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { usePageTitle } from "@/shared/lib/page-title";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { CodeForm } from "./code-form";
import { useEnter } from "./use-enter";

export function VerifyPage() {
  const { t } = useTranslation();
  return <LinkPage title={t("signIn.verifyTitle")} lead={t("signIn.verifyLead")} kind="verify" />;
}

export function ResetPage() {
  const { t } = useTranslation();
  return <LinkPage title={t("signIn.newPasswordTitle")} lead={t("signIn.newPasswordLead")} kind="reset" />;
}

function LinkPage({ title, lead, kind }: { title: string; lead: string; kind: "verify" | "reset" }) {
  const { t } = useTranslation();
  usePageTitle(title);
  const token = useLocation({ select: (location) => location.hash.replace(/^#/, "") });
  const [password, setPassword] = useState("");
  const [factor, setFactor] = useState<string | null>(null);
  const enter = useEnter(undefined, setFactor);
  const use = useMutation({
    mutationFn: () =>
      kind === "verify"
        ? taken(client.POST("/api/app/auth/verify/link", { body: { token } }))
        : taken(client.POST("/api/app/auth/reset/finish", { body: { token, password } })),
    onSuccess: enter,
  });
  return (
    <Container size={440} w="100%" py={{ base: "lg", sm: 56 }}>
      <Card padding="xl">
        <Title order={1} fz="1.5rem" mb="md">
          {factor ? t("signIn.factorTitle") : title}
        </Title>
        {factor ? (
          <CodeForm kind="factor" ticket={factor} entered={enter}>
            {t("signIn.factorLead")}
          </CodeForm>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              use.mutate();
            }}
          >
            <Stack gap="sm">
              <Text size="sm">{lead}</Text>
              {kind === "reset" && (
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
              )}
              <FormFault error={use.error} wrong={t("signIn.linkSpent")} />
              <Button type="submit" loading={use.isPending} disabled={!token} fullWidth>
                {t("signIn.go")}
              </Button>
              <LinkAnchor to="/sign-in" size="sm">
                {t("signIn.title")}
              </LinkAnchor>
            </Stack>
          </form>
        )}
      </Card>
    </Container>
  );
}
