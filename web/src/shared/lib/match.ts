/** Search as one types: every word must be somewhere, and what begins with it comes first. */

export function words(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

export function matches(text: string, wanted: string[]): boolean {
  const folded = text.toLowerCase();
  return wanted.every((word) => folded.includes(word));
}

/** Those that match, best first; the given order stays among equals. */
export function rank<T>(items: T[], query: string, textOf: (item: T) => string): T[] {
  const wanted = words(query);
  if (wanted.length === 0) return items;
  const scored: { item: T; score: number; index: number }[] = [];
  items.forEach((item, index) => {
    const text = textOf(item).toLowerCase();
    let score = 0;
    for (const word of wanted) {
      const at = text.indexOf(word);
      if (at < 0) return;
      const starts = at === 0 || /[^\p{L}\p{N}]/u.test(text.charAt(at - 1));
      score += (starts ? 100 : 10) - Math.min(at, 60) / 10;
    }
    scored.push({ item, score, index });
  });
  return scored
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .map(({ item }) => item);
}
