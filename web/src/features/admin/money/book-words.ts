/** The books' short words in the reader's language; one of a newer server, and a processor's own, as they are. */
import { useTranslation } from "react-i18next";
import type { Messages } from "@/shared/i18n/languages/en";

type Events = Messages["money"]["events"];

export function useBookWords(): { verdict: (text: string) => string; thing: (text: string) => string } {
  const { t, i18n } = useTranslation();
  return {
    verdict: (text) => {
      const [word = "", ...why] = text.split(": ");
      if (!i18n.exists(`money.events.verdicts.${word}`)) return text;
      const told = t(`money.events.verdicts.${word as keyof Events["verdicts"]}`);
      return why.length ? `${told}: ${why.join(": ")}` : told;
    },
    thing: (text) =>
      i18n.exists(`money.events.things.${text}`)
        ? t(`money.events.things.${text as keyof Events["things"]}`)
        : text,
  };
}
