/** Which part of `/docs` is open, and what is looked for in its reference. */

export const PARTS = ["start", "clients", "reference"] as const;
export type Part = (typeof PARTS)[number];

export interface DocsSearch {
  part?: Part;
  q?: string;
}

export function readDocsSearch(raw: Record<string, unknown>): DocsSearch {
  const part = PARTS.find((each) => each === raw.part);
  return {
    ...(part && part !== "start" && { part }),
    ...(typeof raw.q === "string" && raw.q && { q: raw.q }),
  };
}
