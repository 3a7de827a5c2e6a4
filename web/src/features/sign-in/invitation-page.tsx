/** `/invitation#…`: what one is invited to; taken by who is signed in with the address it was sent to. */
import { Alert, Button, Card, Container, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { meQuery } from "@/shared/api/session";
import { dropInvitation, heldInvitation, holdInvitation } from "@/shared/lib/invitation";
import { usePageTitle } from "@/shared/lib/page-title";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor, LinkButton } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";

export function InvitationPage() {
  const { t } = useTranslation();
  usePageTitle(t("invitation.title"));
  const hash = useLocation({ select: (location) => location.hash.replace(/^#/, "") });
  const [token] = useState(() => hash || heldInvitation() || "");
  const me = useQuery(meQuery);
  useEffect(() => {
    if (token) holdInvitation(token);
  }, [token]);
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => taken(client.POST("/api/app/invitations/look", { body: { token } })),
    enabled: token.length >= 8,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Container size={480} w="100%" py={{ base: "lg", sm: 56 }}>
      <Card padding="xl">
        <Title order={1} fz="1.5rem" mb="md">
          {t("invitation.title")}
        </Title>
        {token.length < 8 ? (
          <Text>{t("invitation.noToken")}</Text>
        ) : invitation.isError ? (
          <Stack gap="sm">
            <Alert color="red" variant="light" role="alert">
              {t("invitation.spent")}
            </Alert>
            <LinkAnchor to="/sign-in" size="sm">
              {t("signIn.title")}
            </LinkAnchor>
          </Stack>
        ) : (
          <Loaded query={invitation} rows={2}>
            {({ email, organization, role }) => (
              <Stack gap="md">
                <Text>
                  {organization && role
                    ? t("invitation.toOrganization", {
                        organization,
                        role: t(`organization.roles.${role}`),
                      })
                    : t("invitation.toServer")}
                </Text>
                <Text size="sm" c="dimmed">
                  {t("invitation.sentTo", { email })}
                </Text>
                {me.data === null && <Outside />}
                {me.data && (organization ? <Accept token={token} own={me.data.user.email} /> : <Inside />)}
              </Stack>
            )}
          </Loaded>
        )}
      </Card>
    </Container>
  );
}

/** For who is not signed in: both ways lead back here. */
function Outside() {
  const { t } = useTranslation();
  return (
    <>
      <LinkButton to="/sign-in" search={{ to: "/invitation", view: "sign-up" }}>
        {t("signIn.up")}
      </LinkButton>
      <LinkButton to="/sign-in" search={{ to: "/invitation" }} variant="default">
        {t("signIn.title")}
      </LinkButton>
    </>
  );
}

function Inside() {
  const { t } = useTranslation();
  return (
    <>
      <Text>{t("invitation.inside")}</Text>
      <LinkButton to="/chat">{t("shell.chat")}</LinkButton>
    </>
  );
}

function Accept({ token, own }: { token: string; own: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const accept = useMutation({
    mutationFn: async () => {
      const { account_id } = await taken(client.POST("/api/app/invitations/accept", { body: { token } }));
      await taken(client.POST("/api/app/me/account", { body: { account_id } }));
    },
    onSuccess: async () => {
      dropInvitation();
      await navigate({ to: "/settings/organization" });
      await queries.resetQueries();
    },
  });
  return (
    <>
      <Text size="sm">{t("invitation.signedInAs", { email: own })}</Text>
      <FormFault error={accept.error} />
      <Button loading={accept.isPending} onClick={() => accept.mutate()}>
        {t("invitation.accept")}
      </Button>
    </>
  );
}
