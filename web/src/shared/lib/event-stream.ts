/** Server-sent events from a body of bytes, wherever the network cuts it. The one reader of streams in the app. */

export class EventReader {
  private rest = "";
  private readonly decoder = new TextDecoder();

  /** The data of every event that is whole now; comments and other fields are passed over. */
  push(bytes: Uint8Array): string[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const found: string[] = [];
    while (true) {
      const end = /\r\n\r\n|\n\n|\r\r/.exec(this.rest);
      if (!end) return found;
      const data = dataOf(this.rest.slice(0, end.index));
      this.rest = this.rest.slice(end.index + end[0].length);
      if (data !== null) found.push(data);
    }
  }
}

function dataOf(event: string): string | null {
  const lines: string[] = [];
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (line === "data") lines.push("");
    else if (line.startsWith("data:")) lines.push(line.charAt(5) === " " ? line.slice(6) : line.slice(5));
  }
  return lines.length > 0 ? lines.join("\n") : null;
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const events = new EventReader();
  const reader = body.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
