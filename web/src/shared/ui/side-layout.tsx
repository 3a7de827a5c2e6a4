/** Pages that belong together: a list of them at the left; on a phone, one field to choose from. */
import { Container, NativeSelect } from "@mantine/core";
import { Link, type LinkProps, useNavigate, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "./side-layout.module.css";
import { Panel } from "./states";

export interface SidePlace {
  to: Exclude<LinkProps["to"], undefined>;
  label: string;
}

export interface SideGroup {
  label: string;
  places: SidePlace[];
}

export function SideLayout({
  label,
  groups,
  children,
}: {
  label: string;
  groups: SideGroup[];
  children: ReactNode;
}) {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const all = groups.flatMap(({ places }) => places);
  // The longest address that fits: a page under another one belongs to it.
  const here = all
    .filter(({ to }) => path === to || path.startsWith(`${to}/`))
    .sort((one, other) => other.to.length - one.to.length)[0];
  const choices = groups.map(({ label: group, places }) => ({
    group,
    items: places.map(({ to, label: name }) => ({ value: to, label: name })),
  }));
  return (
    <Container size="xl" w="100%" py="xl">
      <div className={classes.page}>
        <NativeSelect
          className={classes.picker}
          aria-label={label}
          value={here?.to ?? ""}
          data={here ? choices : [{ value: "", label }, ...choices]}
          onChange={(event) => {
            const chosen = all.find(({ to }) => to === event.currentTarget.value);
            if (chosen) void navigate({ to: chosen.to });
          }}
        />
        <nav className={classes.nav} aria-label={label}>
          {groups.map(({ label: group, places }) => (
            <div key={group} className={classes.group}>
              <p className={classes.heading}>{group}</p>
              {places.map(({ to, label: name }) => (
                <Link
                  key={to}
                  to={to}
                  className={classes.link}
                  data-active={here?.to === to || undefined}
                  aria-current={here?.to === to ? "page" : undefined}
                >
                  {name}
                </Link>
              ))}
            </div>
          ))}
        </nav>
        <div className={classes.content}>
          <Panel key={path}>{children}</Panel>
        </div>
      </div>
    </Container>
  );
}
