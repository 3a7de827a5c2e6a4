import { expect, test } from "vitest";
import { isPlain, splitBlocks, withDollars } from "./blocks";

test("cuts at blank lines, and only there", () => {
  expect(splitBlocks("# Title\n\none\ntwo\n\n\nthree\n")).toEqual(
    ["# Title", "one\ntwo", "three\n"].map((each) => each.trimEnd()),
  );
});

test("keeps code and formulas whole", () => {
  const code = "```py\na = 1\n\nb = 2\n```";
  expect(splitBlocks(`x\n\n${code}\n\ny`)).toEqual(["x", code, "y"]);
  expect(splitBlocks("```\nopen\n\nstill")).toEqual(["```\nopen\n\nstill"]);
  expect(splitBlocks("$$\na\n\nb\n$$\n\nc")).toEqual(["$$\na\n\nb\n$$", "c"]);
});

test("keeps what is indented with its list item", () => {
  expect(splitBlocks("- one\n\n  more of one\n\ntext")).toEqual(["- one\n\n  more of one", "text"]);
});

test("what has streamed so far splits as the whole does, but for its end", () => {
  const whole = "One.\n\n- a\n- b\n\n```js\nlet x;\n\nlet y;\n```\n\nEnd $$x$$ here.\n\nLast";
  const blocks = splitBlocks(whole);
  for (let length = 1; length <= whole.length; length++) {
    const some = splitBlocks(whole.slice(0, length));
    expect(some.slice(0, -1)).toEqual(blocks.slice(0, Math.max(some.length - 1, 0)));
  }
});

test("reads other marks of formulas, but not in code", () => {
  expect(withDollars("so \\(a+b\\) and `\\(c\\)`")).toBe("so $a+b$ and `\\(c\\)`");
  expect(withDollars("\\[x\\]")).toBe("\n$$\nx\n$$\n");
  expect(withDollars("$$x$$")).toBe("$$\nx\n$$");
});

test("a paragraph without any mark is plain", () => {
  for (const plain of ["Just words, and more.", "好的，我们开始吧。", "3 of 4 (about 75 %) - fine"]) {
    expect(isPlain(plain), plain).toBe(true);
  }
  for (const marked of [
    "*a*",
    "- one",
    "1. one",
    "a\nb",
    "https://x.example",
    "www.x.example",
    "a@b.example",
    "$x$",
  ]) {
    expect(isPlain(marked), marked).toBe(false);
  }
});
