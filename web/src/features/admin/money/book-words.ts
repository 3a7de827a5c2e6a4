/** The books' short words in the reader's language; one of a newer server, and a processor's own, as they are. */
import { useTranslation } from "react-i18next";
import type { components } from "@/shared/api/schema";
import type { Messages } from "@/shared/i18n/languages/en";

type Event = components["schemas"]["EventData"];
type Events = Messages["money"]["events"];

export function useBookWords(): {
  verdict: (event: Event) => string;
  thing: (text: string) => string;
  processor: (name: string) => string;
  /** Why an order or a refund failed: a word of ours, else the processor's own. */
  failure: (reason: string) => string;
} {
  const { t, i18n } = useTranslation();
  return {
    verdict: ({ verdict, refusal }) => {
      const [word = "", ...why] = verdict.split(": ");
      if (!i18n.exists(`money.events.verdicts.${word}`)) return verdict;
      const told = t(`money.events.verdicts.${word as keyof Events["verdicts"]}`);
      if (why.length === 0) return told;
      const reason = i18n.exists(`refusals.${refusal}`)
        ? t(`refusals.${refusal as keyof Messages["refusals"]}`)
        : why.join(": ");
      return t("money.events.because", { told, reason });
    },
    thing: (text) =>
      i18n.exists(`money.events.things.${text}`)
        ? t(`money.events.things.${text as keyof Events["things"]}`)
        : text,
    processor: (name) =>
      i18n.exists(`money.processors.${name}`)
        ? t(`money.processors.${name as keyof Messages["money"]["processors"]}`)
        : name,
    failure: (reason) =>
      i18n.exists(`money.failures.${reason}`)
        ? t(`money.failures.${reason as keyof Messages["money"]["failures"]}`)
        : reason,
  };
}
