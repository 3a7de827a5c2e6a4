/**
 * The words of the API reference. The OpenAPI document speaks English; another language gives each operation that is
 * shown a title, and a description where the document has one. Loaded with the reference, not with the app.
 */

export interface OperationWords {
  /** By the document's tag. */
  tags: Record<string, string>;
  /** By method and path, as `get /api/v1/models`: the title, then what is said beside it. */
  operations: Record<string, readonly [title: string, description?: string]>;
}

/** The document's own words. */
export const AS_DOCUMENTED: OperationWords = { tags: {}, operations: {} };
