import type { Drawings } from '../report/figure.js';

/** How lines of a name are drawn, wherever they are. */
export interface Ink {
  /** The custom property of page.css that holds its color, in light and in dark. */
  readonly variable: string;
  readonly stroke: keyof typeof DASHES;
}

/** How many colors page.css has for lines: as many as stay apart for everybody, however they see colors. */
export const HUES = 7;

/** Lengths of dashes and gaps, in pixels. Where hues run out they come again with the next of the first three. */
export const DASHES = { solid: [], dotted: [2, 3], double: [10, 3, 2, 3], dashed: [6, 4] } as const;

const STROKES = ['solid', 'dotted', 'double'] as const;

/** By its place in the legend, the baseline left out, which is grey and dashed. */
export function inkOf({ names, baseline }: Pick<Drawings, 'names' | 'baseline'>, name: string): Ink {
  if (name === baseline) return { variable: '--line-baseline', stroke: 'dashed' };
  const place = names.filter((other) => other !== baseline).indexOf(name);
  const stroke = STROKES[Math.floor(place / HUES) % STROKES.length]!;
  return { variable: `--line-${place % HUES}`, stroke };
}
