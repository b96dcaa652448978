import { NormtapeError } from '../error.js';
import { builtInNorms } from '../norms/built-in.js';
import type { NormalizationInfo } from '../norms/info.js';
import { knownAs, suggestType } from '../norms/names.js';
import { snakeCase } from '../option/index.js';
import { knownWith } from './norms/known.js';
import { ownNorms, splitNames, typesOf } from './norms/named.js';
import { fittedTable } from './fitted-table.js';
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
  const {
    getNormalizationInfo,
    norms: definitions,
    normalizationTypes: known,
    shapePreservingTypes: keeping,
  } = knownWith(own, builtInNorms);
  const all: Readonly<Record<string, NormalizationInfo>> = getNormalizationInfo();
  const meant = named === undefined ? undefined : knownAs(named, Object.values(definitions));
  const isOtherName = meant !== undefined && !Object.hasOwn(all, named!);
  const types = named === undefined ? known : isOtherName ? [meant.type] : typesOf([named], own);
  const unknown = types.find((type) => !Object.hasOwn(all, type));
  if (unknown !== undefined) {
    const expected = `one of ${known.join(', ')}`;
    const hint = suggestType(unknown, Object.values(definitions));
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
    if (isOtherName) terminal.tell(`${named} is a name for ${first} here.`);
    terminal.print(linesOf(text));
  }
}

const overview = (all: Readonly<Record<string, NormalizationInfo>>, width: number): string =>
  [
    fittedTable(
      width,
      ['type', 'what it does', 'for'],
      Object.entries(all).map(([type, { description, useCase }]) => [type, description, useCase]),
    ),
    'normtape info TYPE describes one norm.',
  ].join('\n');

function page(type: string, one: NormalizationInfo, keeps: boolean, width: number): string {
  const { description, alsoKnownAs, useCase, steps, formula, options, weights, laws, reference } = one;
  const { inputs, outputs, gradient } = one;
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
    ...(alsoKnownAs.length > 0 ? [`Also known as ${alsoKnownAs.join(', ')}.`] : []),
    fitOf(one, keeps),
    '',
    ...(steps.length > 0 ? steps : [formula]).map((line) => `  ${line}`),
    '',
    fittedTable(width, ['option', 'in JSON', 'takes', 'default', ''], rows),
    ...section('Inputs besides x', named(inputs)),
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
  if (Object.keys(inputs).length > 0)
    return 'It takes inputs besides x, so it does not fit between two layers by itself.';
  return Object.keys(outputs).length > 1
    ? 'It gives several outputs, so it does not fit between two layers by itself.'
    : 'Its output has another shape than its input, so it does not fit between two layers.';
}

const named = (record: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(record).map(([name, about]) => `${name}: ${about}`);

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
