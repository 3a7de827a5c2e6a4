import { expect, test, vi } from "vitest";
import { streamChat } from "./chat-stream";
import { Offline } from "./client";

/** Says two words, then does as told. */
function answering(then: (control: ReadableStreamDefaultController<Uint8Array>) => void): void {
  const lines = ["Good", " day"].map(
    (content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`,
  );
  vi.stubGlobal("fetch", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(control) {
        const line = lines.shift();
        if (line) control.enqueue(new TextEncoder().encode(line));
        else then(control);
      },
    });
    return new Response(body);
  });
}

async function heard(): Promise<{ text: string; error: unknown }> {
  let text = "";
  try {
    for await (const chunk of streamChat({}, new AbortController().signal)) {
      text += chunk.choices?.[0]?.delta?.content ?? "";
    }
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

test("a connection that breaks in the middle is no fault of the app's", async () => {
  answering((control) => control.error(new TypeError("network error")));
  const { text, error } = await heard();
  expect(text).toBe("Good day");
  expect(error).toBeInstanceOf(Offline);
});

test("a stream that ends without saying so was cut as well", async () => {
  answering((control) => control.close());
  expect((await heard()).error).toBeInstanceOf(Offline);
});

test("one that says so has ended", async () => {
  answering((control) => {
    control.enqueue(new TextEncoder().encode("data: [DONE]\n\n"));
    control.close();
  });
  expect(await heard()).toEqual({ text: "Good day", error: null });
});
