import { type Placement, type Source } from '../src/models/placement.js';
import { placements } from '../src/models/placements.js';

/** The rows of the table of placements: name, sum, initial values, sources. */
export const placementRows = (): readonly (readonly string[])[] =>
  members().map(([name, { formula, start = '', sources }]) => [
    `\`${name}\``,
    formula,
    start,
    sources.map(link).join(', '),
  ]);

/** What each placement is, with its options: one line each. */
export const placementLines = (): readonly string[] =>
  members().map(([name, { about, options }]) => {
    const told = Object.entries(options).map(
      ([option, { about: meaning, default: fallback }]) =>
        ` \`${option}\` (${JSON.stringify(fallback).replaceAll('"', "'")}): ${meaning}`,
    );
    return `\`${name}\`: ${about}${told.join('')}`;
  });

const members = (): readonly [string, Placement][] => Object.entries(placements as Record<string, Placement>);

const link = ({ name, url }: Source): string => `[${name}](${url})`;
