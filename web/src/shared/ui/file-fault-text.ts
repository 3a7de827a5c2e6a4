/** What is wrong in a catalogue file or a change of the catalogue, a line a fault, in the reader's language. */
import { useTranslation } from "react-i18next";
import type { ApiError } from "@/shared/api/client";
import { type Kind, kindOf } from "@/shared/api/problems";
import type { Messages } from "@/shared/i18n/languages/en";

type Facts = Record<string, unknown>;

interface Fault {
  line?: number;
  column?: number;
  path?: string;
  facts?: Facts;
  /** As the server says it, for one that came with a newer server. */
  text: string;
}

const SHOWN = 30;

/** Those of a file have their places; those of a change are sentences, with what they are about beside them. */
function faultsOf({ metadata }: ApiError): Fault[] {
  if (!Array.isArray(metadata.faults)) return [];
  const beside = Array.isArray(metadata.facts) ? (metadata.facts as Facts[]) : [];
  return (metadata.faults as (string | Record<string, string>)[]).map((fault, place) =>
    typeof fault === "string"
      ? { text: fault, facts: beside[place] }
      : { ...fault, text: [fault.message, fault.remedy].filter(Boolean).join("; ") },
  );
}

export function useFileFaults(): (error: ApiError) => string[] {
  const { t, i18n } = useTranslation();

  const worded = ({ facts, text }: Fault): string => {
    const code = String(facts?.code);
    const kind = kindOf(code);
    const said = i18n.exists(`fileFaults.${code}`)
      ? t(`fileFaults.${code as keyof Messages["fileFaults"]}`, facts as never)
      : kind !== ("value" satisfies Kind)
        ? t(`faults.kinds.${kind}`, {
            least: facts?.ge ?? facts?.gt ?? facts?.min_length,
            most: facts?.le ?? facts?.lt ?? facts?.max_length,
          } as never)
        : text;
    const hint = facts?.near
      ? t("fileHints.near", { near: facts.near } as never)
      : facts?.some
        ? t("fileHints.some", { some: facts.some } as never)
        : null;
    return hint === null ? said : t("fileHints.hinted", { text: said, hint });
  };

  return (error) => {
    const faults = faultsOf(error);
    const told = faults.slice(0, SHOWN).map((fault) => {
      const text = worded(fault);
      if (!fault.line) return text;
      const place = t("fileHints.at", { line: fault.line, column: fault.column } as never);
      return t("fileHints.placed", { place: fault.path ? `${place} ${fault.path}` : place, text });
    });
    if (faults.length > SHOWN) told.push(t("fileHints.more", { count: faults.length - SHOWN }));
    return told;
  };
}
