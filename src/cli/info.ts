import Table from 'cli-table3';
import { NormtapeError, suggest } from '../error.js';
import type { NormalizationInfo } from '../norms/info.js';
import { getNormalizationInfo, normalizationTypes, shapePreservingTypes } from '../norms/normalizations.js';
import { snakeCase } from '../option/index.js';
import type { Terminal } from './terminal.js';

/** Prints what there is to know about all norms, or about one. */
export function info(
  type: string | undefined,
  { json }: { readonly json?: boolean },
  terminal: Terminal,
): void {
  const all: Readonly<Record<string, NormalizationInfo>> = getNormalizationInfo();
  if (type === undefined) {
    terminal.print(json ? JSON.stringify(all, undefined, 2) : overview(all, terminal.width));
    return;
  }
  const one = Object.hasOwn(all, type) ? all[type] : undefined;
  if (!one) {
    const expected = `one of ${normalizationTypes.join(', ')}`;
    const hint = suggest(type, normalizationTypes);
    throw new NormtapeError({ where: 'normalization type', expected, received: type, hint });
  }
  terminal.print(json ? JSON.stringify(one, undefined, 2) : page(type, one, terminal.width));
}

const overview = (all: Readonly<Record<string, NormalizationInfo>>, width: number): string =>
  [
    table(
      width,
      ['type', 'what it does', 'for', 'options'],
      Object.entries(all).map(([type, { description, useCase, parameters }]) => [
        type,
        description,
        useCase,
        parameters.join(', '),
      ]),
    ),
    'normtape info TYPE says everything about one.',
  ].join('\n');

function page(type: string, one: NormalizationInfo, width: number): string {
  const { description, useCase, formula, options, weights, laws, reference } = one;
  const keeps = (shapePreservingTypes as readonly string[]).includes(type);
  const rows = Object.entries(options).map(([name, option]) => [
    [name, ...option.aliases].join(', '),
    [...new Set([name, ...option.aliases].map(snakeCase))].join(', '),
    option.demand,
    JSON.stringify(option.default),
    option.about,
  ]);
  return [
    type,
    '',
    `${description} ${useCase}`,
    keeps
      ? 'The output has the shape of the input.'
      : 'Its output has another form than its input, so it cannot stand between two layers.',
    '',
    `  ${formula}`,
    '',
    table(width, ['option', 'in JSON', 'takes', 'default', ''], rows),
    ...section(
      'Weights',
      Object.entries(weights).map(([name, about]) => `${name}: ${about}`),
    ),
    ...section('Laws, each checked on random inputs', laws),
    '',
    `${reference.authors}. ${reference.title}. ${reference.year}. ${reference.url}`,
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];

/** A table as wide as the screen at most, as long as no word must be broken for it. */
function table(width: number, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, column) => [title, ...rows.map((row) => row[column]!)]);
  const colWidths = fit(columns, Math.max(width, 60) - head.length - 1);
  const made = new Table({ head: [...head], colWidths, wordWrap: true, style: PLAIN });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/**
 * Column widths for this room, of which a column of few words takes what it needs, and the others share the
 * rest.
 */
function fit(columns: readonly (readonly string[])[], room: number): number[] {
  const widest = (texts: readonly string[]): number => 2 + Math.max(...texts.map(({ length }) => length));
  const needs = columns.map((texts, column) => ({
    column,
    least: widest(texts.flatMap((text) => text.split(' '))),
    most: widest(texts),
  }));
  const widths = columns.map(() => 0);
  let left = room;
  needs
    .sort((a, b) => a.most - b.most)
    .forEach(({ column, least, most }, i) => {
      // What the columns still to come cannot do without is not shared out.
      const reserved = needs.slice(i + 1).reduce((sum, later) => sum + later.least, 0);
      const fair = Math.floor(left / (needs.length - i));
      widths[column] = Math.max(least, Math.min(most, fair, left - reserved));
      left -= widths[column];
    });
  return widths;
}

const PLAIN = { head: [], border: [], compact: true };
