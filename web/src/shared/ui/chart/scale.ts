/** Where the lines of an axis are, and which of many labels fit below it. */

/** Round values from 0 to at least `most`, at most `lines` steps. */
export function ticksTo(most: number, lines = 4): number[] {
  if (!(most > 0)) return [0, 1];
  const raw = most / lines;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * size >= raw * (1 - 1e-9)) ?? 10) * size;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The same for values that may fall below 0: the axis has 0 on it. */
export function ticksAround(least: number, most: number, lines = 4): number[] {
  if (!(least < 0)) return ticksTo(most, lines);
  const [, step = 1] = ticksTo(Math.max(most, 0) - least, lines);
  const [below, above] = [Math.ceil(-least / step - 1e-9), Math.ceil(Math.max(most, 0) / step - 1e-9)];
  return Array.from({ length: below + above + 1 }, (_, index) =>
    Number(((index - below) * step).toPrecision(12)),
  );
}

/** Every how-manyth label is written, so that each has `least` pixels. */
export function labelStep(count: number, width: number, least = 64): number {
  const fitting = Math.max(1, Math.floor(width / least));
  return Math.max(1, Math.ceil(count / fitting));
}

export interface Series {
  name: string;
  /** One a label; null where nothing is known. */
  values: (number | null)[];
}

/** The biggest series by their sums, and one more of all the others together. */
export function topSeries(series: Series[], most: number, rest: string): Series[] {
  const sum = (each: Series) => each.values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const sorted = [...series].sort((one, other) => sum(other) - sum(one));
  if (sorted.length <= most) return sorted;
  const others = sorted.slice(most);
  const values = others[0]?.values.map((_, at) =>
    others.reduce((total, each) => total + (each.values[at] ?? 0), 0),
  );
  return [...sorted.slice(0, most), { name: rest, values: values ?? [] }];
}
