/** Signing in with a passkey. */
import { Button } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Entered } from "@/shared/api/session";
import { askPasskey } from "@/shared/lib/passkeys";
import { FormFault } from "@/shared/ui/form-fault";

export function PasskeyButton({ entered }: { entered: (result: Entered) => Promise<void> }) {
  const { t } = useTranslation();
  const signIn = useMutation({
    mutationFn: async () => {
      const { ticket, options } = await taken(client.POST("/api/app/auth/passkey/begin"));
      const credential = await askPasskey(options);
      return taken(client.POST("/api/app/auth/passkey", { body: { ticket, credential, name: "Passkey" } }));
    },
    onSuccess: entered,
  });
  const declined = signIn.error instanceof DOMException;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconFingerprint size={17} />}
        loading={signIn.isPending}
        onClick={() => signIn.mutate()}
      >
        {t("signIn.withPasskey")}
      </Button>
      {!declined && <FormFault error={signIn.error} wrong={t("signIn.unknownPasskey")} />}
    </>
  );
}
