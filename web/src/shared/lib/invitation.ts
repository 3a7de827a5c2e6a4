/**
 * The token of an invitation's link, kept in this tab while its reader signs in or up.
 *
 * It came behind the `#` of the link, so that no server or proxy logs it; it must not end up in an address either.
 */
const HELD = "modelport.invitation";

export function holdInvitation(token: string): void {
  sessionStorage.setItem(HELD, token);
}

export function heldInvitation(): string | undefined {
  return sessionStorage.getItem(HELD) ?? undefined;
}

export function dropInvitation(): void {
  sessionStorage.removeItem(HELD);
}
