/** Files beside a prompt: read in the browser, sent inside the request. */
import { type Attachment, newId } from "./types";

export const ATTACHABLE = ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"];
/** The request's own limit is 16 MB by default, and base64 makes a third more of it. */
const MOST_BYTES = 8 * 1024 * 1024;

export class TooBig extends Error {}
export class NotAttachable extends Error {}

export async function readAttachment(file: File): Promise<Attachment> {
  if (!ATTACHABLE.includes(file.type)) throw new NotAttachable();
  if (file.size > MOST_BYTES) throw new TooBig();
  return { id: newId(), name: file.name, type: file.type, size: file.size, data: await asData(file) };
}

function asData(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(file);
  });
}
