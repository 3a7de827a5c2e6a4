/** Mantine's looks for the router's typed links. */
import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  NavLink,
  type NavLinkProps,
} from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ReactNode, Ref } from "react";

type Base = { ref?: Ref<HTMLAnchorElement>; children?: ReactNode; title?: string };

export const LinkButton = createLink(({ ref, ...props }: ButtonProps & Base) => (
  <Button ref={ref} component="a" {...props} />
));

export const LinkAnchor = createLink(({ ref, ...props }: AnchorProps & Base) => (
  <Anchor ref={ref} {...props} />
));

export const LinkNav = createLink(({ ref, ...props }: NavLinkProps & Base) => (
  <NavLink ref={ref} component="a" {...props} />
));
