import type { Drawings } from '../report/figure.js';

/** How lines of a name are drawn, wherever they are: by its place in the legend; the baseline is grey and dashed. */
export function inkOf({ names, baseline }: Drawings, name: string) {
  const dashed = name === baseline;
  return { dashed, color: dashed ? '#6b7280' : COLORS[names.indexOf(name) % COLORS.length]! };
}

/** Far apart from each other in hue or lightness, and dark enough on white. */
const COLORS = [
  '#2563eb',
  '#d97706',
  '#059669',
  '#dc2626',
  '#7c3aed',
  '#0891b2',
  '#be185d',
  '#65a30d',
  '#92400e',
  '#4338ca',
  '#f472b6',
  '#0f766e',
  '#a16207',
  '#1e3a8a',
];
