/** Nobody is signed in: who chats is, or tries what is free, and comes back to this conversation. */
import { useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LinkAnchor } from "@/shared/ui/links";

export function SignInFirst({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  const here = useLocation({ select: (location) => location.href });
  return (
    <>
      {children || t("chat.signInFirst")}{" "}
      <LinkAnchor to="/sign-in" search={{ to: here }} underline="always" fz="inherit">
        {t("shell.signIn")}
      </LinkAnchor>
    </>
  );
}
