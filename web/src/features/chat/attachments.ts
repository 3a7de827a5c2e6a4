/** Files beside a prompt: read in the browser, sent inside the request. */
import { type Attachment, newId } from "./types";

const PICTURES_AND_PDF = ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"];
/** Endings of files that are text, whatever a browser takes them for. */
const TEXT =
  /\.(txt|md|markdown|csv|tsv|json|jsonl|ya?ml|toml|xml|html?|css|log|ini|conf|sql|sh|py|[jt]sx?|mjs|c|h|cpp|hpp|cs|go|rs|rb|php|java|kt|swift|lua|r|tex|vue|svelte)$/i;
/** What a file chooser offers. */
export const ACCEPTED = [
  ...PICTURES_AND_PDF,
  "text/*",
  ".md",
  ".json",
  ".yaml",
  ".yml",
  ".toml",
  ".csv",
  ".log",
].join(",");
/** The request's own limit is 16 MB by default, and base64 makes a third more of it. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A text goes into the prompt word by word: more than this no model reads. */
const MOST_TEXT = 1024 * 1024;

export class TooBig extends Error {}
export class NotAttachable extends Error {}

export async function readAttachment(file: File): Promise<Attachment> {
  const known = PICTURES_AND_PDF.includes(file.type);
  if (!known && !file.type.startsWith("text/") && !TEXT.test(file.name)) throw new NotAttachable();
  if (file.size > (known ? MOST_BYTES : MOST_TEXT)) throw new TooBig();
  // A name can promise text and the file be something else.
  if (!known && (await file.text()).includes("\0")) throw new NotAttachable();
  const type = known ? file.type : "text/plain";
  return { id: newId(), name: file.name, type, size: file.size, data: await asData(file, type) };
}

/** The words of a text file. */
export function textOf(attachment: Attachment): string {
  const bytes = atob(attachment.data.slice(attachment.data.indexOf(",") + 1));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

function asData(file: File, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(file.slice(0, file.size, type));
  });
}
