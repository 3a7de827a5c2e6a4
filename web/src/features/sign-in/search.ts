/** What the sign-in page's address can say: where to go afterwards, and what a mailed link brought. */

export interface SignInSearch {
  /** An address of this app, never of another host. */
  to?: string;
  view?: "sign-up" | "reset";
  invitation?: string;
  /** Why an identity provider signed nobody in. */
  error?: OidcFault;
}

const OIDC_FAULTS = ["closed", "suspended", "refused", "provider", "elsewhere", "failed"] as const;
export type OidcFault = (typeof OIDC_FAULTS)[number];

export function readSignInSearch(raw: Record<string, unknown>): SignInSearch {
  const search: SignInSearch = {};
  // The server, which sends people here from pages of its own, calls it `next`.
  const to = raw.to ?? raw.next;
  if (typeof to === "string" && isOwnAddress(to)) search.to = to;
  if (raw.view === "sign-up" || raw.view === "reset") search.view = raw.view;
  if (typeof raw.invitation === "string") search.invitation = raw.invitation;
  const fault = OIDC_FAULTS.find((each) => each === raw.error);
  if (fault) search.error = fault;
  return search;
}

/** The ticket for the second factor that an identity provider left to ask for: after the `#`, so that no log has it. */
export function ticketOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("second-factor");
}

/** Whether it is a page of the server's own, which this app has no route for: an app that asks for a key. */
export function isServerPage(address: string): boolean {
  return /^\/auth(?:$|[/?#])/.test(address);
}

/** A path here. `//host` and `/\host` are other hosts to a browser. */
export function isOwnAddress(text: string): boolean {
  return /^\/(?![/\\])/.test(text);
}
