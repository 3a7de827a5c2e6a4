/** Says that the server can't be reached, for as long as it can't. */
import { useNetwork } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "@/shared/api/client";
import classes from "./offline-bar.module.css";

const EVERY_MS = 5_000;

export function OfflineBar() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  // A browser without a network still reaches a server on its own machine, so that is asked.
  const reached = useQuery({
    queryKey: ["reached"],
    queryFn: async ({ signal }) => (await request("GET", "/healthz", { signal })).ok,
    enabled: !online,
    refetchInterval: EVERY_MS,
    retry: false,
    gcTime: 0,
  });
  if (online || !reached.isError) return null;
  return (
    <div className={classes.bar} role="status">
      {t("states.offlineBar")}
    </div>
  );
}
