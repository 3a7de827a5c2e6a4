/** The address clients are given: this server's, as the reader reached it. */
export function apiAddress(): string {
  return `${window.location.origin}/api/v1`;
}

export function serverAddress(): string {
  return window.location.origin;
}
