/** What the sign-in page's address can say: where to go afterwards, and what a mailed link brought. */

export interface SignInSearch {
  /** An address of this app, never of another host. */
  to?: string;
  view?: "sign-up" | "reset";
  invitation?: string;
}

export function readSignInSearch(raw: Record<string, unknown>): SignInSearch {
  const search: SignInSearch = {};
  if (typeof raw.to === "string" && isOwnAddress(raw.to)) search.to = raw.to;
  if (raw.view === "sign-up" || raw.view === "reset") search.view = raw.view;
  if (typeof raw.invitation === "string") search.invitation = raw.invitation;
  return search;
}

/** A path here. `//host` and `/\host` are other hosts to a browser. */
export function isOwnAddress(text: string): boolean {
  return /^\/(?![/\\])/.test(text);
}
