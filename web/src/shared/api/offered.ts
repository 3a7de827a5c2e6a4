/**
 * Which addresses the server has, as its OpenAPI document said when this app was built.
 *
 * A page whose API is not there yet is not linked, and appears with it.
 */
declare const __API_PATHS__: string[];

const PATHS = new Set(__API_PATHS__);

export function offers(path: string): boolean {
  return PATHS.has(path);
}
