/** What went wrong, in the reader's language; what only the server knows is added in its own words. */
import { useTranslation } from "react-i18next";
import { ApiError, Offline } from "@/shared/api/client";
import { fieldFaultsOf, type Kind, problemOf } from "@/shared/api/problems";
import type { Messages } from "@/shared/i18n/languages/en";
import { isMissingPart } from "@/shared/lib/new-version";
import { useFileFaults } from "./file-fault-text";

type Faults = Messages["faults"];

/** Why, by the `rule` that the server names with the values of it; null where there are no words for it here. */
export function useReasonText(): (facts: Record<string, unknown> | null | undefined) => string | null {
  const { t, i18n } = useTranslation();
  return (facts) => {
    const word = `${facts?.problem}_${facts?.rule}`;
    if (i18n.exists(`reasons.${word}`))
      return t(`reasons.${word as keyof Messages["reasons"]}`, facts as never);
    return i18n.exists(`faults.problems.${word}`)
      ? t(`faults.problems.${word as keyof Faults["problems"]}`, facts as never)
      : null;
  };
}

/** Of a request that no endpoint could serve: why each was left out, a line an endpoint. */
function useLeftOut(): (error: ApiError) => string[] {
  const { t, i18n } = useTranslation();
  return ({ metadata }) => {
    if (!Array.isArray(metadata.left_out)) return [];
    const told = (metadata.left_out as { endpoint: string; why: string }[]).map(({ endpoint, why }) =>
      t("faults.leftOut", {
        endpoint,
        why: i18n.exists(`generation.removed.${why}`)
          ? t(`generation.removed.${why as keyof Messages["generation"]["removed"]}`)
          : why,
      }),
    );
    return [...new Set(told)];
  };
}

export function useErrorText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  const reasonOf = useReasonText();
  const leftOut = useLeftOut();
  const faultsIn = useFileFaults();
  const said = (text: string, { message }: Error) => (message ? t("faults.saying", { text, message }) : text);

  /** By the server's word for it; null for one that came with a newer server. */
  const known = (error: ApiError): string | null => {
    const problem = problemOf(error);
    if (problem === null) return null;
    const reason = reasonOf(error.metadata);
    if (reason !== null) {
      const said = error.metadata.said;
      return typeof said === "string" ? t("faults.quoting", { text: reason, said }) : reason;
    }
    const text = i18n.exists(`faults.problems.${problem}`)
      ? t(`faults.problems.${problem as keyof Faults["problems"]}`)
      : i18n.exists(`faults.availability.${problem}`)
        ? t(`faults.availability.${problem as keyof Faults["availability"]}`)
        : null;
    if (text === null) return null;
    const why = [...leftOut(error), ...faultsIn(error)];
    if (why.length > 0) return [text, ...why].join("\n");
    // A rule without words came with a newer server.
    const isVague = typeof error.metadata.rule === "string";
    const fields = isVague ? null : inFields(error);
    return isVague ? said(text, error) : fields === null ? text : t("faults.also", { text, next: fields });
  };

  const nameOf = (field: string): string => {
    if (i18n.exists(`faults.fields.${field}`)) return t(`faults.fields.${field as keyof Faults["fields"]}`);
    return i18n.exists(`system.names.${field}`)
      ? t(`system.names.${field as keyof Messages["system"]["names"]}`)
      : field;
  };

  /** By the fields that can't be as they are. */
  const inFields = (error: ApiError): string | null => {
    const faults = fieldFaultsOf(error);
    if (faults.length === 0) return null;
    const texts = faults.map(({ name, kind, bounds }) =>
      t("faults.field", { name: nameOf(name), text: t(`faults.kinds.${kind}`, bounds as never) }),
    );
    // One without a kind of its own has its reason in the server's words only.
    const vague = faults.some(({ kind }) => kind === ("value" satisfies Kind));
    const all = texts.reduce((text, next) => t("faults.also", { text, next }));
    return vague ? said(all, error) : all;
  };

  const byStatus = (error: ApiError): string => {
    switch (error.status) {
      case 401:
        return t("states.signedOut");
      case 402:
        return said(t("states.credits"), error);
      case 403:
        return said(t("states.forbidden"), error);
      case 404:
        return said(t("states.notFound"), error);
      case 429:
        return error.retryAfter
          ? t("states.tooMany", { seconds: error.retryAfter })
          : t("states.tooManyNoTime");
      case 503:
        return said(t("states.unavailable"), error);
      default:
        return said(t(error.status >= 500 ? "states.server" : "faults.refused"), error);
    }
  };

  return (error) => {
    if (error instanceof Offline || (error instanceof Error && isMissingPart(error)))
      return t("states.offline");
    if (!(error instanceof ApiError)) {
      return `${t("faults.unknown")} ${error instanceof Error ? error.message : String(error)}`;
    }
    const text = known(error) ?? inFields(error) ?? byStatus(error);
    const seconds = error.status === 429 ? error.retryAfter : null;
    return seconds !== null && problemOf(error) !== null ? t("faults.retryIn", { text, seconds }) : text;
  };
}
