import { NormtapeError, type Report } from '../error.js';
import type { Norm, OptionsOf } from './norm.js';
import { type Options, aliasesOf, camelCase, entriesOf, read, text } from './option.js';
import { rulesOf } from './owned.js';

/** The name and options of a layer, filled in, with all mistakes; strictly, options that it ignores are mistakes too. */
export function resolveGiven<N extends Norm>(definition: N, given: unknown = {}, strictly = false) {
  const { options: known, ignores = NONE } = definition;
  const own = withName(definition);
  const { values, mistakes } = read(definition.type, own, strictly ? given : heeded(given, ignores), {
    refused: ignores,
  });
  const options = Object.fromEntries(Object.keys(known).map((name) => [name, values[name]])) as OptionsOf<N>;
  return {
    name: values['name'] as string,
    options,
    mistakes: mistakes.length ? mistakes : contradictions(definition, options),
  };
}

const NONE: Options = {};

/** The options of a norm and the name of a layer, made once for each definition. */
function withName({ type, options }: Norm): Options {
  const known = NAMED.get(options);
  if (known?.['name']!.default === type) return known;
  const made: Options = { name: text(type, 'The name of the layer.'), ...options };
  NAMED.set(options, made);
  return made;
}

const NAMED = new WeakMap<Options, Options>();

/** The given options without those that the norm ignores, in any spelling and with any value. */
function heeded(given: unknown, ignores: Options): unknown {
  const entries = entriesOf(given);
  if (!entries) return given;
  const ignored = Object.entries(ignores).flatMap(([name, option]) => [name, ...aliasesOf(option)]);
  return Object.fromEntries(entries.filter(([key]) => !ignored.includes(camelCase(key))));
}

/** Mistakes of parts whose options are right one by one, but contradict each other. */
function contradictions<N extends Norm>({ type, parameters }: N, options: OptionsOf<N>): readonly Report[] {
  try {
    rulesOf(parameters, options, type);
    return [];
  } catch (error) {
    if (error instanceof NormtapeError) return [error.report];
    throw error;
  }
}
