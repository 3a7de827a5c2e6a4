/** Why there is no answer, and what to do about it. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError, Offline } from "@/shared/api/client";
import { useErrorText } from "@/shared/ui/error-text";
import type { Fault } from "./types";

export function FaultText({ fault }: { fault: Fault }) {
  const { t } = useTranslation();
  const text = useErrorText();
  const error =
    fault.status === 0
      ? new Offline(fault.message)
      : new ApiError(fault.status, fault.message, {}, fault.retryAfter);
  if (fault.status === 401) return <Text size="sm">{t("chat.signInFirst")}</Text>;
  if (fault.status === 429) {
    return (
      <Text size="sm">
        {t("chat.freeLimit")} {text(error)}
      </Text>
    );
  }
  return <Text size="sm">{text(error)}</Text>;
}
