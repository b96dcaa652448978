import { NormtapeError, type Report, suggest } from '../error.js';
import * as builtIn from '../norms/normalizations.js';
import { camelCase, isPlainObject } from '../option/index.js';
import type { Known } from './norms/known.js';

/** A configuration as a file states it: a type, and options in either spelling. */
export type StatedConfig = { readonly type: string } & Readonly<Record<string, unknown>>;

interface Checked {
  /** By name; a single configuration goes by its type. */
  readonly configurations: Readonly<Record<string, StatedConfig>>;
  /** All there are, each with its path in the file. */
  readonly mistakes: readonly Report[];
}

/**
 * Checks what a file says: one configuration, or a dictionary of named ones, of the norms that are known. `file` names it
 * in the mistakes.
 */
export function checkConfigurations(file: string, content: unknown, known: Known = builtIn): Checked {
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
  return {
    configurations: Object.fromEntries(
      named.filter((entry): entry is [string, StatedConfig] => isConfig(entry[1])),
    ),
    mistakes: named.flatMap(([name, config]) => mistakesOf(file, single ? [] : [name], config, known)),
  };
}

/** The configurations of a file that must have no mistake; throws the first, and counts the others. */
export function demandConfigurations(
  file: string,
  content: unknown,
  known: Known = builtIn,
): Readonly<Record<string, StatedConfig>> {
  const { configurations, mistakes } = checkConfigurations(file, content, known);
  const [first, ...more] = mistakes;
  if (!first) return configurations;
  const others = more.length ? `There are more: normtape validate ${file} lists all ${mistakes.length}.` : '';
  const hint = [first.hint, others].filter(Boolean).join(' ') || undefined;
  throw new NormtapeError({ ...first, hint });
}

const isConfig = (value: unknown): value is StatedConfig =>
  isPlainObject(value) && typeof value['type'] === 'string';

function mistakesOf(file: string, path: readonly string[], config: unknown, known: Known): readonly Report[] {
  const types: readonly string[] = known.normalizationTypes;
  const at = (...keys: readonly string[]): string =>
    [file, [...path, ...keys].join('.')].filter(Boolean).join(': ');
  if (!isPlainObject(config)) return [{ where: at(), expected: 'an object with a type', received: config }];
  const { type, ...options } = config;
  if (type === undefined) {
    const near = Object.keys(options).find((key) => suggest(key, ['type']));
    const hint = near && `Did you mean type where it says ${near}?`;
    return [{ where: at(), expected: `a type among ${types.join(', ')}`, received: config, hint }];
  }
  if (typeof type !== 'string' || !types.includes(type)) {
    const expected = `one of ${types.join(', ')}`;
    return [{ where: at('type'), expected, received: type, hint: suggest(type, types) }];
  }
  const aliases = aliasesOf(type, known);
  return known.checkNormalizationConfig(type, options).map((mistake) => ({
    ...mistake,
    where: at(...keysTo(mistake, options, aliases)),
  }));
}

/** Where the file says what a mistake is about, in the file's own spelling. */
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
  // An option that is unknown is what was received.
  const unknown = typeof received === 'string' && isPlainObject(level) && Object.hasOwn(level, received);
  return unknown ? [...keys, received] : keys;
}

const aliasesOf = (type: string, known: Known): Readonly<Record<string, readonly string[]>> => {
  const { options } = known.getNormalizationInfo()[type]!;
  return Object.fromEntries(Object.entries(options).map(([name, { aliases }]) => [name, aliases]));
};
