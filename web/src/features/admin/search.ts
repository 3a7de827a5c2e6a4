/** What the addresses of the operators' lists say. */

export interface AuditSearch {
  action?: string;
  user?: string;
  account?: string;
  subject?: string;
}

export function readAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const search: AuditSearch = {};
  for (const name of ["action", "user", "account", "subject"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value) search[name] = value;
  }
  return search;
}

export interface AccountsSearch {
  q?: string;
  group?: string;
}

/** Accounts by words and by their group. */
export function readAccountsSearch(raw: Record<string, unknown>): AccountsSearch {
  const group = typeof raw.group === "string" && raw.group ? { group: raw.group } : {};
  return { ...readWords(raw), ...group };
}

/** A search's words from the address: anything else than text is none. */
export function readWords(raw: Record<string, unknown>): { q?: string } {
  return typeof raw.q === "string" && raw.q ? { q: raw.q } : {};
}
