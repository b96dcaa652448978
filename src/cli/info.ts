import Table from 'cli-table3';
import { NormtapeError, suggest } from '../error.js';
import type { NormalizationInfo } from '../norms/info.js';
import { snakeCase } from '../option/index.js';
import { knownWith } from './norms/known.js';
import { ownNorms, splitNames, typesOf } from './norms/named.js';
import { type Terminal, linesOf } from './terminal.js';

/** The flags of `normtape info`. */
export interface InfoFlags {
  /** Script files that export your own norms, separated by commas. */
  readonly norms?: string;
  readonly json?: boolean;
}

/** Prints a table of all norms, or everything about one norm or the norms of a file. */
export async function info(
  named: string | undefined,
  { norms = '', json }: InfoFlags,
  terminal: Terminal,
): Promise<void> {
  const own = await ownNorms([...splitNames(norms), ...(named === undefined ? [] : [named])]);
  const { getNormalizationInfo, normalizationTypes: known, shapePreservingTypes: keeping } = knownWith(own);
  const all: Readonly<Record<string, NormalizationInfo>> = getNormalizationInfo();
  const types = named === undefined ? known : typesOf([named], own);
  const unknown = types.find((type) => !Object.hasOwn(all, type));
  if (unknown !== undefined) {
    const expected = `one of ${known.join(', ')}`;
    const hint = suggest(unknown, known);
    throw new NormtapeError({ where: 'normalization type', expected, received: unknown, hint });
  }
  const shown = Object.fromEntries(types.map((type) => [type, all[type]!]));
  const [first, ...others] = types;
  if (first === undefined || others.length > 0) {
    terminal.print(linesOf(json ? JSON.stringify(shown, undefined, 2) : overview(shown, terminal.width)));
  } else {
    const keeps = (keeping as readonly string[]).includes(first);
    const text = json
      ? JSON.stringify(all[first], undefined, 2)
      : page(first, all[first]!, keeps, terminal.width);
    terminal.print(linesOf(text));
  }
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
    'normtape info TYPE describes one norm.',
  ].join('\n');

function page(type: string, one: NormalizationInfo, keeps: boolean, width: number): string {
  const { description, useCase, steps, formula, inputs, outputs, gradient, options, weights, laws, reference } =
    one;
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
    fitOf(one, keeps),
    '',
    ...(steps.length > 0 ? steps : [formula]).map((line) => `  ${line}`),
    '',
    table(width, ['option', 'in JSON', 'takes', 'default', ''], rows),
    ...section('Inputs beside x', named(inputs)),
    ...section('Outputs', named(outputs)),
    ...section('Backward pass', gradient ? [gradient] : []),
    ...section('Weights', named(weights)),
    ...section('Laws, each checked on random inputs', laws),
    '',
    `${reference.authors}. ${reference.title}. ${reference.year}. ${reference.url}`,
  ].join('\n');
}

/** Whether it fits between two layers, in a sentence. */
function fitOf({ inputs, outputs }: NormalizationInfo, keeps: boolean): string {
  if (keeps) return 'The output has the shape of the input.';
  if (Object.keys(inputs).length > 0) return 'It takes inputs beside x, so it does not fit between two layers by itself.';
  return Object.keys(outputs).length > 1
    ? 'It gives several outputs, so it does not fit between two layers by itself.'
    : 'Its output has another shape than its input, so it does not fit between two layers.';
}

const named = (record: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(record).map(([name, about]) => `${name}: ${about}`);

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];

/** A table at most as wide as the screen, unless a word is too long for that. */
function table(width: number, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, column) => [title, ...rows.map((row) => row[column]!)]);
  const colWidths = fit(columns, Math.max(width, 60) - head.length - 1);
  const made = new Table({ head: [...head], colWidths, wordWrap: true, style: PLAIN });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** Column widths that fill `room`: a column of short texts takes what it needs, and the others share the rest. */
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
      // Reserve the least width that each remaining column needs.
      const reserved = needs.slice(i + 1).reduce((sum, later) => sum + later.least, 0);
      const fair = Math.floor(left / (needs.length - i));
      widths[column] = Math.max(least, Math.min(most, fair, left - reserved));
      left -= widths[column];
    });
  return widths;
}

const PLAIN = { head: [], border: [], compact: true };
