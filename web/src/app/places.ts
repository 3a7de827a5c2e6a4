/** The pages of the main navigation. */
import { IconLayoutGrid, IconMessages, type TablerIcon } from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

export interface Place {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  icon: TablerIcon;
}

export function usePlaces(): Place[] {
  const { t } = useTranslation();
  return [
    { to: "/models", label: t("shell.models"), icon: IconLayoutGrid },
    { to: "/chat", label: t("shell.chat"), icon: IconMessages },
  ];
}
