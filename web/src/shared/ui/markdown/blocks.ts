/**
 * Markdown cut into blocks that can be rendered apart: while an answer streams, only its last block changes.
 *
 * A cut is made at a blank line that is in no code fence and no formula, and not before an indented line, which
 * belongs to the list item above.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let fence: string | null = null;
  let formula = false;
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === null && mark && !formula) fence = mark;
    else if (fence !== null && mark?.startsWith(fence) && line.trim() === mark) fence = null;
    else if (fence === null && (line.match(/\$\$/g)?.length ?? 0) % 2 === 1) formula = !formula;
    const next = lines[index + 1];
    const open = fence !== null || formula;
    if (!open && line.trim() === "" && !(next !== undefined && /^\s+\S/.test(next))) {
      if (current.length > 0) blocks.push(current.join("\n"));
      current = [];
    } else {
      current.push(line);
    }
  });
  if (current.some((line) => line.trim() !== "")) blocks.push(current.join("\n"));
  return blocks;
}

/** `\( \)` and `\[ \]`, as many models write formulas, with the dollars the parser knows; code is left alone. */
export function withDollars(block: string): string {
  if (!/\\[([]|\$\$/.test(block)) return block;
  return block
    .split(/(```[\s\S]*?(?:```|$)|`[^`\n]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/\\\[([\s\S]*?)\\\]/g, (_, formula: string) => `\n$$\n${formula.trim()}\n$$\n`)
            .replace(/^[ \t]*\$\$(.+?)\$\$[ \t]*$/gm, (_, formula: string) => `$$\n${formula.trim()}\n$$`)
            .replace(/\\\(([\s\S]*?)\\\)/g, (_, formula: string) => `$${formula}$`),
    )
    .join("");
}

const MARKS = /[*_`[\]<>#|$\\~!&@\n]|:\/\/|www\.|^\s*(?:[-+]|\d+[.)])(?:\s|$)/i;

/** Whether a block is a plain paragraph, which needs no parser: while words stream in, most are. */
export function isPlain(block: string): boolean {
  return !MARKS.test(block);
}
