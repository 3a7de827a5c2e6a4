/** What happens once a sign-in went through: the session is known everywhere, and one goes where one wanted to. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Entered } from "@/shared/api/session";
import { isServerPage } from "./search";

export function useEnter(to: string | undefined, askSecondFactor: (ticket: string) => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (entered: Entered): Promise<void> => {
    if (entered.status === "second_factor" && entered.ticket) {
      askSecondFactor(entered.ticket);
      return;
    }
    if (to && isServerPage(to)) {
      window.location.replace(to);
      return;
    }
    // Whatever was fetched for nobody is worth nothing now.
    await queries.resetQueries();
    if (to) await navigate({ href: to, replace: true });
    else await navigate({ to: "/chat", replace: true });
  };
}
