/** `/settings/security`: password, second factor, passkeys, and where one is signed in. */
import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { type Me, meQuery, useMe } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { Identities } from "./identities";
import { Passkeys } from "./passkeys";
import { useGuarded } from "./prove-dialog";
import { SecondFactor } from "./second-factor";
import { Sessions } from "./sessions";

export function SecurityPage() {
  const { t } = useTranslation();
  usePageTitle(t("settings.security"));
  const me = useMe();
  if (!me) return null;
  return (
    <>
      <PageTitle title={t("settings.security")} />
      <Stack gap={40}>
        <Password me={me} />
        <SecondFactor me={me} />
        <Passkeys />
        <Identities me={me} />
        <Sessions />
      </Stack>
    </>
  );
}

function Password({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => guarded(() => taken(client.POST("/api/app/me/password", { body: { password } }))),
    onSuccess: async () => {
      setPassword("");
      await queries.invalidateQueries(meQuery);
    },
  });
  return (
    <Section title={t("signIn.password")} lead={t("settings.passwordLead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm" maw={420}>
          <PasswordInput
            label={me.user.has_password ? t("settings.newPassword") : t("settings.firstPassword")}
            description={t("signIn.passwordHint")}
            autoComplete="new-password"
            minLength={10}
            required
            visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <FormFault error={save.error} />
          <Group gap="sm">
            <Button type="submit" variant="default" loading={save.isPending}>
              {t("settings.setPassword")}
            </Button>
            {save.isSuccess && (
              <Text size="sm" c="dimmed" role="status">
                {t("common.saved")}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
