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

/** A table no wider than the screen: as wide as its words up to a third of it, the rest for the wordiest columns. */
function table(width: number, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const wanted = head.map(
    (title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)) + 2,
  );
  const room = Math.max(width, 60) - head.length - 1;
  const made = new Table({ head: [...head], colWidths: fit(wanted, room), wordWrap: true, style: PLAIN });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** Column widths that fill the room: narrow columns keep what they want, wide ones share what is left. */
function fit(wanted: readonly number[], room: number): number[] {
  const byNeed = wanted.map((want, column) => ({ want, column })).sort((a, b) => a.want - b.want);
  const widths = wanted.map(() => 0);
  let left = room;
  byNeed.forEach(({ want, column }, i) => {
    widths[column] = Math.min(want, Math.floor(left / (byNeed.length - i)));
    left -= widths[column];
  });
  return widths;
}

const PLAIN = { head: [], border: [], compact: true };
