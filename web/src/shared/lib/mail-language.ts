/** The language mails to this reader are written in. */
import { currentLanguage } from "@/shared/i18n";

export function mailLanguage(): "zh" | "en" {
  return currentLanguage() === "zh-CN" ? "zh" : "en";
}
