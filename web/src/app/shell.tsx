/** The frame of every page: top bar, content, footer. */
import { Anchor, Burger, Container, Drawer, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { LinkNav } from "@/shared/ui/links";
import { Panel } from "@/shared/ui/states";
import { AccountMenu } from "./account-menu";
import { useKeptFocus } from "./kept-focus";
import { LanguageMenu, SchemeMenu } from "./menus";
import { OfflineBar } from "./offline-bar";
import { PaletteButton } from "./palette";
import { usePlaces } from "./places";
import classes from "./shell.module.css";
import { VisitBar } from "./visit-bar";

function Logo() {
  return (
    <Link to="/" className={classes.logo}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--mantine-color-tide-7)" />
        <path
          d="M7 23V9l9 8 9-8v14"
          fill="none"
          stroke="var(--mantine-color-white)"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span>Modelport</span>
    </Link>
  );
}

/** Pages within one frame keep it, and with it the keyboard's place in their list; any other page begins anew. */
function frameOf(path: string): string {
  return ["/settings", "/admin"].find((frame) => path === frame || path.startsWith(`${frame}/`)) ?? path;
}

export function Shell() {
  const { t } = useTranslation();
  const [opened, drawer] = useDisclosure(false);
  const content = useRef<HTMLElement>(null);
  const shown = useRef<string>(null);
  useKeptFocus();
  const places = usePlaces();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const full = path === "/chat" || path.startsWith("/chat/");

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever the address becomes, the drawer has done its work
  useEffect(() => {
    drawer.close();
    // What had the focus went with its page: the keyboard goes on where the new one begins.
    const isAnother = shown.current !== null && shown.current !== path;
    shown.current = path;
    if (isAnother && document.activeElement === document.body)
      content.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className={classes.frame} data-full={full || undefined}>
      <a href="#content" className="mp-skip">
        {t("common.skip")}
      </a>
      <header className={classes.bar}>
        <Group h="100%" px="md" gap="md" wrap="nowrap" className={classes.inside}>
          <Burger
            opened={opened}
            onClick={drawer.toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label={t("shell.menu")}
            aria-expanded={opened}
          />
          <Logo />
          <nav aria-label={t("shell.navigation")} className={classes.nav}>
            {places.map(({ to, label }) => (
              <Link key={to} to={to} className={classes.link} activeProps={{ "data-active": true }}>
                {label}
              </Link>
            ))}
          </nav>
          <Group gap={6} ml="auto" wrap="nowrap">
            <PaletteButton />
            <LanguageMenu />
            <SchemeMenu />
            <AccountMenu />
          </Group>
        </Group>
      </header>
      <Drawer
        opened={opened}
        onClose={drawer.close}
        size="min(300px, 85vw)"
        title="Modelport"
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Stack gap={2}>
          {places.map(({ to, label, icon: Icon }) => (
            <LinkNav
              key={to}
              to={to}
              label={label}
              leftSection={<Icon size={18} stroke={1.7} />}
              active={path.startsWith(to)}
            />
          ))}
        </Stack>
      </Drawer>
      <OfflineBar />
      <VisitBar />
      <main id="content" ref={content} tabIndex={-1} className={classes.main}>
        <Panel key={frameOf(path)}>
          <Outlet />
        </Panel>
      </main>
      {!full && (
        <footer className={classes.footer}>
          <Container size="xl">
            <Group justify="space-between" gap="xs">
              <Text size="sm" c="dimmed">
                {t("shell.footer")}
              </Text>
              <Anchor href="/openapi.json" size="sm" c="dimmed">
                OpenAPI
              </Anchor>
            </Group>
          </Container>
        </footer>
      )}
    </div>
  );
}
