import type { Drawings } from '../report/figure.js';

/** The color and stroke of all lines of one name. */
interface Ink {
  /** The custom property of page.css that holds the color, in light and in dark mode. */
  readonly variable: string;
  readonly stroke: keyof typeof DASHES;
}

/** The number of line colors in page.css: as many as people with any color vision can tell apart. */
export const HUES = 7;

/** Lengths of dashes and gaps, in pixels. After the last color, the colors repeat with the next of the first three. */
export const DASHES = { solid: [], dotted: [2, 3], double: [10, 3, 2, 3], dashed: [6, 4] } as const;

const STROKES = ['solid', 'dotted', 'double'] as const;

/** The ink of a name by its position in the legend; the baseline is grey and dashed. */
export function inkOf({ names, baseline }: Pick<Drawings, 'names' | 'baseline'>, name: string): Ink {
  if (name === baseline) return { variable: '--line-baseline', stroke: 'dashed' };
  const place = names.filter((other) => other !== baseline).indexOf(name);
  const stroke = STROKES[Math.floor(place / HUES) % STROKES.length]!;
  return { variable: `--line-${place % HUES}`, stroke };
}
