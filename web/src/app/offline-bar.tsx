/** Says that the browser has lost the network, for as long as it has. */
import { useNetwork } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import classes from "./offline-bar.module.css";

export function OfflineBar() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  if (online) return null;
  return (
    <div className={classes.bar} role="status">
      {t("states.offlineBar")}
    </div>
  );
}
