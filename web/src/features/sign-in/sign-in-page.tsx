/** `/sign-in`: password, code by mail, passkey or an identity provider; the second factor; signing up; a new password. */
import { Alert, Anchor, Button, Card, Container, Divider, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { featuresQuery } from "@/shared/api/session";
import { heldInvitation } from "@/shared/lib/invitation";
import { usePageTitle } from "@/shared/lib/page-title";
import { passkeysAreKnown } from "@/shared/lib/passkeys";
import { Failed } from "@/shared/ui/states";
import { CodeForm } from "./code-form";
import { EmailCodeForm } from "./email-code-form";
import { PasskeyButton } from "./passkey-button";
import { PasswordForm } from "./password-form";
import { ResetForm } from "./reset-form";
import { ticketOf } from "./search";
import { SignUpForm } from "./sign-up-form";
import { useEnter } from "./use-enter";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { t } = useTranslation();
  const { to, view, error, invitation = heldInvitation() } = route.useSearch();
  const navigate = route.useNavigate();
  const features = useQuery(featuresQuery);
  const left = useLocation({ select: (location) => ticketOf(location.hash) });
  const [factor, setFactor] = useState<string | null>(left);
  const [byCode, setByCode] = useState(false);
  const enter = useEnter(to, setFactor);
  const show = (next: "sign-up" | "reset" | undefined) =>
    void navigate({ search: (now) => ({ ...now, view: next }), replace: true });
  const open = features.data && features.data.registration !== "closed";
  const titles = { "sign-up": t("signIn.upTitle"), reset: t("signIn.resetTitle") };
  const title = factor ? t("signIn.factorTitle") : view ? titles[view] : t("signIn.title");
  usePageTitle(title);

  return (
    <Container size={440} w="100%" py={{ base: "lg", sm: 56 }}>
      <Card padding="xl">
        <Title order={1} fz="1.5rem" mb="lg">
          {title}
        </Title>
        {features.isError && <Failed error={features.error} retry={() => void features.refetch()} />}
        {error && !factor && (
          <Alert color="red" variant="light" role="alert" mb="md">
            {t(`signIn.oidc.${error}`)}
          </Alert>
        )}
        {factor && (
          <CodeForm kind="factor" ticket={factor} entered={enter}>
            {t("signIn.factorLead")}
          </CodeForm>
        )}
        {!factor && view === "sign-up" && (
          <SignUpForm
            features={features.data}
            invitation={invitation}
            entered={enter}
            back={() => show(undefined)}
          />
        )}
        {!factor && view === "reset" && <ResetForm back={() => show(undefined)} />}
        {!factor && !view && (
          <Stack gap="md">
            {byCode ? (
              <EmailCodeForm entered={enter} invitation={invitation} />
            ) : (
              <PasswordForm entered={enter} forgot={() => show("reset")} />
            )}
            <Divider label={t("signIn.or")} labelPosition="center" />
            <Button variant="default" onClick={() => setByCode(!byCode)}>
              {byCode ? t("signIn.withPassword") : t("signIn.withCode")}
            </Button>
            {passkeysAreKnown() && <PasskeyButton entered={enter} />}
            {features.data?.providers.map((provider) => (
              <Button
                key={provider.slug}
                component="a"
                variant="default"
                href={`/api/app/auth/oidc/${provider.slug}?next=${encodeURIComponent(to ?? "/chat")}`}
              >
                {t("signIn.withProvider", { name: provider.name })}
              </Button>
            ))}
            {open && (
              <Text size="sm" ta="center">
                {t("signIn.newHere")}{" "}
                <Anchor component="button" type="button" onClick={() => show("sign-up")}>
                  {t("signIn.up")}
                </Anchor>
              </Text>
            )}
          </Stack>
        )}
      </Card>
    </Container>
  );
}
