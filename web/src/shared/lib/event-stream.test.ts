import { expect, test } from "vitest";
import { EventReader } from "./event-stream";

const STREAM =
  ': comment\n\ndata: {"a": "é漢字"}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\ndata:[DONE]\n\n';
const EVENTS = ['{"a": "é漢字"}', "one\ntwo", "[DONE]"];

test("gives the same events wherever the bytes are cut", () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new EventReader();
    expect([...reader.push(bytes.slice(0, cut)), ...reader.push(bytes.slice(cut))], `cut at ${cut}`).toEqual(
      EVENTS,
    );
  }
});

test("gives them byte by byte, and keeps back what is not whole", () => {
  const reader = new EventReader();
  const found = [...new TextEncoder().encode(`${STREAM}data: half`)].flatMap((byte) =>
    reader.push(Uint8Array.of(byte)),
  );
  expect(found).toEqual(EVENTS);
});
