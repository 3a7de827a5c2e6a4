/** "Confirm that it is you": before what guards an account is changed, when the last proof is too old. */
import { Button, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, client, Declined, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";

/** Runs something; when the server asks for a proof first, asks for it and runs it again. */
type Guarded = <T>(work: () => Promise<T>) => Promise<T>;

const Context = createContext<Guarded>((work) => work());

export function useGuarded(): Guarded {
  return useContext(Context);
}

interface Waiting {
  proved: () => void;
  declined: () => void;
}

export function ProveDialog({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const waiting = useRef<Waiting | null>(null);
  const [opened, setOpened] = useState(false);
  const settle = useCallback((how: keyof Waiting) => {
    waiting.current?.[how]();
    waiting.current = null;
    setOpened(false);
  }, []);
  const guarded = useCallback<Guarded>(async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.metadata.reason !== "prove_again") throw error;
      await new Promise<void>((resolve, reject) => {
        waiting.current = { proved: resolve, declined: () => reject(new Declined()) };
        setOpened(true);
      });
      return work();
    }
  }, []);
  const value = useMemo(() => guarded, [guarded]);
  return (
    <Context.Provider value={value}>
      {children}
      <Modal
        opened={opened}
        onClose={() => settle("declined")}
        title={t("settings.proveTitle")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <ProveForm proved={() => settle("proved")} />
      </Modal>
    </Context.Provider>
  );
}

function ProveForm({ proved }: { proved: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [factor, setFactor] = useState("");
  const [ticket, setTicket] = useState<string | null>(null);
  const hasPassword = me?.user.has_password ?? true;
  const send = useMutation({
    mutationFn: () => taken(client.POST("/api/app/me/prove/code")),
    onSuccess: (sent) => setTicket(sent.ticket),
  });
  const prove = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/me/prove", {
          body: {
            ...(hasPassword ? { password } : { ticket, code }),
            ...(factor && { second_factor: factor }),
          },
        }),
      ),
    onSuccess: proved,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("settings.proveLead")}</Text>
        {hasPassword && (
          <PasswordInput
            label={t("signIn.password")}
            autoComplete="current-password"
            required
            data-autofocus
            visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        {!hasPassword && !ticket && (
          <Button variant="default" loading={send.isPending} onClick={() => send.mutate()}>
            {t("signIn.sendCode")}
          </Button>
        )}
        {!hasPassword && ticket && (
          <TextInput
            label={t("signIn.code")}
            required
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        {me?.user.has_second_factor && (
          <TextInput
            label={t("settings.factorCode")}
            required
            autoComplete="one-time-code"
            value={factor}
            onChange={(event) => setFactor(event.currentTarget.value)}
          />
        )}
        <FormFault error={prove.error ?? send.error} wrong={t("signIn.wrong")} />
        <Button type="submit" loading={prove.isPending} disabled={!hasPassword && !ticket}>
          {t("signIn.go")}
        </Button>
      </Stack>
    </form>
  );
}
