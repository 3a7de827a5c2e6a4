/** The second factor: set up with an authenticator app, recovery codes shown once, switched off again. */
import { Alert, Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { type Me, meQuery } from "@/shared/api/session";
import { CopyableId, CopyIcon } from "@/shared/ui/copy";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { useGuarded } from "./prove-dialog";
import classes from "./settings.module.css";

export function SecondFactor({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useMutation({
    mutationFn: () => guarded(() => taken(client.POST("/api/app/me/second-factor"))),
  });
  const renew = useMutation({
    mutationFn: () => guarded(() => taken(client.POST("/api/app/me/recovery-codes"))),
    onSuccess: (made) => setCodes(made.codes),
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const off = () =>
    setAsked({
      title: t("settings.factorOffTitle"),
      body: t("settings.factorOffBody"),
      act: t("settings.factorOff"),
      run: async () => {
        await guarded(() => taken(client.DELETE("/api/app/me/second-factor")));
        setCodes(null);
        await queries.invalidateQueries(meQuery);
      },
    });
  const fault = begin.error ?? renew.error;
  const on = me.user.has_second_factor;
  return (
    <Section title={t("settings.factor")} lead={t("settings.factorLead")}>
      <Group gap="sm">
        <Badge color={on ? "tide" : "gray"}>{on ? t("common.on") : t("common.off")}</Badge>
        {on && (
          <Text size="sm" c="dimmed">
            {t("settings.codesLeft", { count: me.user.recovery_codes_left })}
          </Text>
        )}
      </Group>
      {codes && <Recovery codes={codes} />}
      {!on && begin.data && (
        <Enrol
          {...begin.data}
          enabled={async (made) => {
            setCodes(made);
            begin.reset();
            await queries.invalidateQueries(meQuery);
          }}
        />
      )}
      <FormFault error={fault} />
      <Confirm asked={asked} close={() => setAsked(null)} />
      <Group gap="sm">
        {!on && !begin.data && (
          <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
            {t("settings.factorOn")}
          </Button>
        )}
        {on && (
          <>
            <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
              {t("settings.newCodes")}
            </Button>
            <Button variant="outline" color="red" onClick={off}>
              {t("settings.factorOff")}
            </Button>
          </>
        )}
      </Group>
    </Section>
  );
}

interface EnrolProps {
  secret: string;
  qr_svg: string;
  enabled: (codes: string[]) => Promise<void>;
}

function Enrol({ secret, qr_svg, enabled }: EnrolProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const enable = useMutation({
    mutationFn: () => taken(client.POST("/api/app/me/second-factor/enable", { body: { code: code.trim() } })),
    onSuccess: (made) => enabled(made.codes),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enable.mutate();
      }}
    >
      <Stack gap="sm" maw={420}>
        <Text size="sm">{t("settings.scan")}</Text>
        <img
          src={`data:image/svg+xml,${encodeURIComponent(qr_svg)}`}
          alt={t("settings.qr")}
          className={classes.qr}
        />
        <CopyableId id={secret} what={t("settings.secret")} />
        <TextInput
          label={t("settings.factorCode")}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <FormFault error={enable.error} wrong={t("signIn.wrongCode")} />
        <Button type="submit" loading={enable.isPending}>
          {t("settings.factorOn")}
        </Button>
      </Stack>
    </form>
  );
}

function Recovery({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  return (
    <Alert variant="light" title={t("settings.codesTitle")}>
      <Text size="sm" mb="xs">
        {t("settings.codesLead")} <CopyIcon value={codes.join("\n")} what={t("settings.codes")} />
      </Text>
      <ul className={classes.recovery}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Alert>
  );
}
