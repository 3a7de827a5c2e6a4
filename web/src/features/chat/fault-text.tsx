/** Why there is no answer, and what to do about it. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { errorOf } from "@/shared/api/chat-stream";
import { ApiError } from "@/shared/api/client";
import { problemOf } from "@/shared/api/problems";
import { featuresQuery, useMe } from "@/shared/api/session";
import { useEndedSession } from "@/shared/lib/use-ended-session";
import { useErrorText } from "@/shared/ui/error-text";
import { LinkAnchor } from "@/shared/ui/links";
import { SignInFirst } from "./sign-in-first";
import type { Fault } from "./types";

export function FaultText({ fault }: { fault: Fault }) {
  const { t } = useTranslation();
  const text = useErrorText();
  const me = useMe();
  const features = useQuery(featuresQuery);
  const error = errorOf(fault);
  useEndedSession(fault.status);
  const guests = error instanceof ApiError && problemOf(error) === "guests_exhausted";
  if (fault.status === 401 || guests) {
    const costs = features.data?.guests_may_try && me === null;
    return (
      <Text size="sm">
        <SignInFirst>{guests ? text(error) : costs && t("chat.guestCosts")}</SignInFirst>
      </Text>
    );
  }
  // What credits lift: their own lack, and the limit of requests to free models.
  if (fault.status === 402 || fault.status === 429) {
    return (
      <Text size="sm">
        {text(error)}{" "}
        <LinkAnchor to="/settings/credits" underline="always" fz="inherit">
          {t("chat.addCredits")}
        </LinkAnchor>
      </Text>
    );
  }
  return (
    <Text size="sm" style={{ whiteSpace: "pre-line" }}>
      {text(error)}
    </Text>
  );
}
