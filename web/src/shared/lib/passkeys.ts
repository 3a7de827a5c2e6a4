/** Passkeys: the browser's own function between the server's options and the server's check. */

export function passkeysAreKnown(): boolean {
  return (
    typeof window.PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential
  );
}

/** Asks the authenticator to prove itself. Raises `DOMException` when the reader declines. */
export async function askPasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return toJson(await navigator.credentials.get({ publicKey }));
}

export async function makePasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return toJson(await navigator.credentials.create({ publicKey }));
}

function toJson(credential: Credential | null): Record<string, unknown> {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  return credential.toJSON() as unknown as Record<string, unknown>;
}
