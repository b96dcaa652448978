import { NormtapeError, type Report, suggest } from '../error.js';
import * as builtIn from '../norms/normalizations.js';
import { suggestType } from '../norms/names.js';
import { camelCase, isPlainObject } from '../option/index.js';
import type { Known } from './norms/known.js';
import { type Work, atOnce } from './turns.js';

/** A configuration as a file states it: a type, and options in camelCase or snake_case. */
export type StatedConfig = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The configurations in a file, and the mistakes in them. */
export interface Checked {
  /** By name; a single configuration is named by its type. */
  readonly configurations: Readonly<Record<string, StatedConfig>>;
  /** All mistakes up to MOST_MISTAKES, each with its path in the file. */
  readonly mistakes: readonly Report[];
}

/** The check stops after this many mistakes. */
export const MOST_MISTAKES = 100_000;

/** The check looks for an interruption after this many configurations. */
const STRIDE = 100;

/**
 * Checks the content of a file: one configuration, or a dictionary of named ones, of the norms in `known`. `file` is
 * its name in the mistakes.
 */
export function* checking(file: string, content: unknown, known: Known = builtIn): Work<Checked> {
  if (!isPlainObject(content)) {
    const expected = 'a configuration with a type, or a dictionary of named ones';
    return { configurations: {}, mistakes: [{ where: file, expected, received: content }] };
  }
  const single = isConfig(content) ? content : undefined;
  const named = Object.entries(single ? { [single.type]: single } : content);
  if (named.length === 0) {
    const mistake = { where: file, expected: 'at least one configuration', received: content };
    return { configurations: {}, mistakes: [mistake] };
  }
  const mistakesOf = checker(file, known);
  const mistakes: Report[] = [];
  const found: [string, StatedConfig][] = [];
  for (const [i, [name, config]] of named.entries()) {
    if (i % STRIDE === 0) yield i / named.length;
    if (mistakes.length >= MOST_MISTAKES) break;
    if (isConfig(config)) found.push([name, config]);
    for (const mistake of mistakesOf(single ? [] : [name], config)) {
      if (mistakes.length < MOST_MISTAKES) mistakes.push(mistake);
    }
  }
  return { configurations: Object.fromEntries(found), mistakes };
}

/** The configurations of a file without mistakes. Throws the first mistake, and says how many others there are. */
export function demandConfigurations(
  file: string,
  content: unknown,
  known: Known = builtIn,
): Readonly<Record<string, StatedConfig>> {
  const { configurations, mistakes } = atOnce(checking(file, content, known));
  const [first, ...more] = mistakes;
  if (!first) return configurations;
  const others = more.length ? `There are more: normtape validate ${file} lists all ${mistakes.length}.` : '';
  const hint = [first.hint, others].filter(Boolean).join(' ') || undefined;
  throw new NormtapeError({ ...first, hint });
}

const isConfig = (value: unknown): value is StatedConfig =>
  isPlainObject(value) && typeof value['type'] === 'string';

/** Returns a function that lists the mistakes of a configuration, given its path in the file. */
function checker(
  file: string,
  known: Known,
): (path: readonly string[], config: unknown) => readonly Report[] {
  const types: readonly string[] = known.normalizationTypes;
  let info: ReturnType<Known['getNormalizationInfo']> | undefined;
  const aliasesOf = (type: string): Readonly<Record<string, readonly string[]>> => {
    const { options } = (info ??= known.getNormalizationInfo())[type]!;
    return Object.fromEntries(Object.entries(options).map(([name, { aliases }]) => [name, aliases]));
  };
  return (path, config) => {
    const at = (...keys: readonly string[]): string =>
      [file, [...path, ...keys].join('.')].filter(Boolean).join(': ');
    if (!isPlainObject(config)) return [{ where: at(), expected: 'an object with a type', received: config }];
    const { type, ...options } = config;
    if (type === undefined) {
      const near = Object.keys(options).find((key) => suggest(key, ['type']));
      const hint = near && `Did you mean type instead of ${near}?`;
      return [{ where: at(), expected: `a type among ${types.join(', ')}`, received: config, hint }];
    }
    if (typeof type !== 'string' || !types.includes(type)) {
      const expected = `one of ${types.join(', ')}`;
      return [
        { where: at('type'), expected, received: type, hint: suggestType(type, Object.values(known.norms)) },
      ];
    }
    const mistakes = known.checkNormalizationConfig(type, options);
    if (mistakes.length === 0) return mistakes;
    const aliases = aliasesOf(type);
    return mistakes.map((mistake) => ({ ...mistake, where: at(...keysTo(mistake, options, aliases)) }));
  };
}

/** The keys in the file that lead to the option of a mistake, as the file spells them. */
function keysTo(
  { where, received }: Report,
  options: Readonly<Record<string, unknown>>,
  aliases: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const [, ...names] = where.split('.');
  const keys: string[] = [];
  let level: unknown = options;
  for (const name of names) {
    const spelled = isPlainObject(level) ? Object.keys(level) : [];
    const key = spelled.find((key) => [name, ...(aliases[name] ?? [])].includes(camelCase(key))) ?? name;
    keys.push(key);
    level = isPlainObject(level) ? level[key] : undefined;
  }
  // The mistake about an unknown option received its name.
  const unknown = typeof received === 'string' && isPlainObject(level) && Object.hasOwn(level, received);
  return unknown ? [...keys, received] : keys;
}
