/** What was done, in words: `PUT /admin/accounts/{account_id}/group` is a change of accounts. */
import { useTranslation } from "react-i18next";
import type { Messages } from "@/shared/i18n/languages/en";

type Areas = Messages["admin"]["audit"]["areas"];

const DEEDS = { POST: "add", PUT: "change", PATCH: "change", DELETE: "remove" } as const;

export function useActionWords(): (action: string) => string | null {
  const { t, i18n } = useTranslation();
  return (action) => {
    const [method = "", path = ""] = action.split(" ");
    const deed = DEEDS[method as keyof typeof DEEDS];
    const area = path.split("/")[2]?.replace(/[^a-z].*$/, "") ?? "";
    if (!deed || !area || !i18n.exists(`admin.audit.areas.${area}`)) return null;
    return `${t(`admin.audit.areas.${area as keyof Areas}`)} · ${t(`admin.audit.deeds.${deed}`)}`;
  };
}
