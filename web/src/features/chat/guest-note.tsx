/** What somebody who is not signed in is told before they write: what they may try, or to sign in first. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { featuresQuery } from "@/shared/api/session";
import { SignInFirst } from "./sign-in-first";

export function GuestNote() {
  const { t } = useTranslation();
  const { data: features, isPending } = useQuery(featuresQuery);
  if (isPending) return null;
  const count = features?.guest_requests_per_day;
  return (
    <SignInFirst>
      {features?.guests_may_try && t(count ? "chat.guestSome" : "chat.guest", { count })}
    </SignInFirst>
  );
}
