/** What went wrong, in the reader's language; what only the server knows is added in its own words. */
import { useTranslation } from "react-i18next";
import { ApiError, Offline } from "@/shared/api/client";

export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof Offline) return t("states.offline");
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
    switch (error.status) {
      case 401:
        return t("states.signedOut");
      case 402:
        return `${t("states.credits")} ${error.message}`;
      case 403:
        return `${t("states.forbidden")} ${error.message}`;
      case 404:
        return `${t("states.notFound")} ${error.message}`;
      case 429:
        return error.retryAfter
          ? `${t("states.tooMany", { seconds: error.retryAfter })} ${error.message}`
          : `${t("states.tooManyNoTime")} ${error.message}`;
      case 503:
        return `${t("states.unavailable")} ${error.message}`;
      default:
        return error.status >= 500 ? `${t("states.server")} ${error.message}` : error.message;
    }
  };
}
