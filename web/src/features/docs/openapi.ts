/** This server's OpenAPI document, as far as the reference shows it. */
import { queryOptions } from "@tanstack/react-query";
import { call } from "@/shared/api/client";
import { LANGUAGES, type Language } from "@/shared/i18n";
import type { OperationWords } from "@/shared/i18n/operations";
import { matches, words } from "@/shared/lib/match";

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
}

interface Body {
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface RawOperation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Body;
  responses?: Record<string, Body>;
}

export interface Document {
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Operation extends RawOperation {
  key: string;
  method: string;
  path: string;
}

export const documentQuery = queryOptions({
  queryKey: ["openapi"],
  queryFn: ({ signal }) => call<Document>("GET", "/openapi.json", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const wordsQuery = (language: Language) =>
  queryOptions({
    queryKey: ["openapi-words", language],
    queryFn: LANGUAGES[language].operations,
    staleTime: Number.POSITIVE_INFINITY,
  });

const METHODS = ["get", "post", "put", "patch", "delete"];
/** The app's and the operator's own addresses change with the app: they are no promise to clients. */
const OWN = /^\/api\/(app|admin|webhooks)\//;

/** What calls models comes first; the rest follows in the document's order. */
const FIRST = ["Chat", "Responses", "Messages", "Gemini", "Converse", "Cohere v2", "Vectors", "Routing"];

/** The document's operations in the reader's language, by their first tag; what has no words in it keeps its own. */
export function operationsOf(document: Document, language: OperationWords): Map<string, Operation[]> {
  const found = new Map<string, Operation[]>(FIRST.map((tag) => [tag, []]));
  for (const [path, methods] of Object.entries(document.paths)) {
    if (OWN.test(path)) continue;
    for (const method of METHODS) {
      const operation = methods[method];
      if (!operation) continue;
      const key = `${method} ${path}`;
      const [summary = operation.summary, description = operation.description] =
        language.operations[key] ?? [];
      const tag = operation.tags?.[0] ?? "API";
      found.set(tag, [...(found.get(tag) ?? []), { ...operation, summary, description, key, method, path }]);
    }
  }
  return new Map([...found].flatMap(([tag, all]) => (all.length ? [[language.tags[tag] ?? tag, all]] : [])));
}

/** Those whose address or words have all of the words that are looked for. */
export function search(groups: Map<string, Operation[]>, query: string): [string, Operation[]][] {
  const wanted = words(query);
  return [...groups].flatMap(([tag, operations]) => {
    const fitting = operations.filter(({ key, summary, description }) =>
      matches(`${key} ${tag} ${summary ?? ""} ${description ?? ""}`, wanted),
    );
    return fitting.length ? [[tag, fitting] satisfies [string, Operation[]]] : [];
  });
}

/** What a reference stands for. */
export function resolve(document: Document, schema: Schema | undefined): Schema {
  let now = schema ?? {};
  for (let hops = 0; now.$ref && hops < 8; hops++) {
    now = document.components?.schemas?.[now.$ref.split("/").at(-1) ?? ""] ?? {};
  }
  return now;
}

export function bodyOf(body: Body | undefined): Schema | undefined {
  return Object.values(body?.content ?? {})[0]?.schema;
}

/** A schema's type in a few words: `string | null`, `Message[]`, `"a" | "b"`. */
export function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split("/").at(-1) ?? "object";
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items ?? {})}[]`;
  return Array.isArray(schema.type) ? schema.type.join(" | ") : (schema.type ?? "any");
}
