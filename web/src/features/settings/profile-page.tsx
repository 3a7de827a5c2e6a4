/** `/settings/profile`: name, language of mails, address. */
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { type Me, meQuery, useMe } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { DeleteAccount, Export } from "./leave-server";
import { useGuarded } from "./prove-dialog";

export function ProfilePage() {
  const { t } = useTranslation();
  usePageTitle(t("settings.profile"));
  const me = useMe();
  if (!me) return null;
  return (
    <>
      <PageTitle title={t("settings.profile")} />
      <Stack gap={40}>
        <Profile me={me} />
        <Address me={me} />
        <Export />
        <DeleteAccount me={me} />
      </Stack>
    </>
  );
}

function Profile({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(me.user.name ?? "");
  const [language, setLanguage] = useState(me.user.language);
  const save = useMutation({
    mutationFn: () => taken(client.PATCH("/api/app/me", { body: { name: name.trim() || null, language } })),
    onSuccess: () => queries.invalidateQueries(meQuery),
  });
  return (
    <Section title={t("settings.you")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm" maw={420}>
          <TextInput
            label={t("common.name")}
            autoComplete="name"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t("settings.mailLanguage")}
            allowDeselect={false}
            value={language}
            data={[
              { value: "zh", label: "简体中文" },
              { value: "en", label: "English" },
            ]}
            onChange={(value) => setLanguage(value === "zh" ? "zh" : "en")}
          />
          <FormFault error={save.error} />
          <Group gap="sm">
            <Button type="submit" loading={save.isPending}>
              {t("common.save")}
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

function Address({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const begin = useMutation({
    mutationFn: () =>
      guarded(() => taken(client.POST("/api/app/me/email", { body: { email: email.trim() } }))),
  });
  const verify = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/me/email/verify", {
          body: { ticket: begin.data?.ticket ?? "", code: code.trim() },
        }),
      ),
    onSuccess: async () => {
      begin.reset();
      setEmail("");
      await queries.invalidateQueries(meQuery);
    },
  });
  return (
    <Section title={t("settings.address")} lead={me.user.email}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (begin.data) verify.mutate();
          else begin.mutate();
        }}
      >
        <Stack gap="sm" maw={420}>
          <TextInput
            label={t("settings.newAddress")}
            type="email"
            required
            disabled={begin.data !== undefined}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          {begin.data && (
            <TextInput
              label={t("signIn.code")}
              description={t("settings.codeToNewAddress")}
              required
              autoFocus
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          )}
          <FormFault error={begin.error ?? verify.error} wrong={t("signIn.wrongCode")} />
          <Group>
            <Button type="submit" variant="default" loading={begin.isPending || verify.isPending}>
              {begin.data ? t("signIn.go") : t("settings.changeAddress")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
