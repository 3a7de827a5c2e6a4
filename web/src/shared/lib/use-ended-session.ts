/** What is no query can be refused as well: the rest of the page learns then that the session has ended. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { meQuery, useMe } from "@/shared/api/session";

/** Given the status of a refusal, or nothing. */
export function useEndedSession(status: number | undefined): void {
  const me = useMe();
  const queries = useQueryClient();
  const hasEnded = status === 401 && Boolean(me);
  useEffect(() => {
    if (hasEnded) void queries.invalidateQueries(meQuery);
  }, [hasEnded, queries]);
}
