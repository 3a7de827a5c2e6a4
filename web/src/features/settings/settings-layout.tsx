/** The pages of an account: a list of them at the left, above them on a phone. */
import { Container } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/api/session";
import { Failed, LoadingRows } from "@/shared/ui/states";
import classes from "./settings.module.css";

export function SettingsLayout() {
  const { t } = useTranslation();
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const location = useLocation();
  // Where one was when the session ended: while the sign-in page loads, the address is that page's already.
  const [here] = useState(location.href);
  const out = me.data === null;
  useEffect(() => {
    // Once the address is another page's already, this one is on its way out.
    if (out && here.startsWith("/settings"))
      void navigate({ to: "/sign-in", search: { to: here }, replace: true });
  }, [out, here, navigate]);
  const places = [
    { to: "/settings/keys" as const, label: t("shell.keys") },
    { to: "/settings/credits" as const, label: t("shell.credits") },
    { to: "/settings/profile" as const, label: t("settings.profile") },
    { to: "/settings/security" as const, label: t("settings.security") },
  ];
  return (
    <Container size="xl" w="100%" py="xl">
      <div className={classes.page}>
        <nav className={classes.nav} aria-label={t("shell.settings")}>
          {places.map(({ to, label }) => (
            <Link key={to} to={to} className={classes.link} activeProps={{ "data-active": true }}>
              {label}
            </Link>
          ))}
        </nav>
        <div className={classes.content}>
          {me.isError && <Failed error={me.error} retry={() => void me.refetch()} />}
          {me.isPending && <LoadingRows rows={4} />}
          {me.data && <Outlet />}
        </div>
      </div>
    </Container>
  );
}
