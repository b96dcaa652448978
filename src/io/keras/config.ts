import type { Dtype } from '../../array/index.js';
import { isList } from '../../demand.js';
import { NormtapeError, suggest } from '../../error.js';
import { camelCase, entriesOf, isPlainObject, snakeCase } from '../../option/index.js';

type Entries = Readonly<Record<string, unknown>>;

/** The object of Keras with this name; throws, in the name of `where`, unless it has `class_name` and `config`. */
export function readSerialized(
  where: string,
  given: unknown,
): { readonly className: string; readonly config: Entries; readonly rest: Entries } {
  const entries = entriesOf(given);
  const { class_name: className, config = {}, ...rest } = Object.fromEntries(entries ?? []);
  const configEntries = entriesOf(config);
  if (typeof className === 'string' && configEntries)
    return { className, config: Object.fromEntries(configEntries), rest };
  const expected = 'an object of class_name and config, as Keras serializes it';
  throw new NormtapeError({ where, expected, received: given });
}

/** The list; throws, in the name of `where`, if it is none. */
export const demandList = (where: string, value: unknown): readonly unknown[] => {
  if (isList(value)) return value;
  throw new NormtapeError({ where, expected: 'a list', received: value });
};

/** What a function returns; the errors that it throws say `where` first. */
export function named<Y>(where: string, f: () => Y): Y {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof NormtapeError) || error.report.where.startsWith(where)) throw error;
    throw new NormtapeError({ ...error.report, where: `${where}: ${error.report.where}` });
  }
}

/** Keys that Keras writes beside class_name and config, for itself. */
const BESIDE = ['module', 'registered_name', 'build_config'];

/** Class names whose snake_case is not the name here. */
const NAMES: Readonly<Record<string, string>> = { L1L2: 'l1_l2', L1: 'l1', L2: 'l2', NonNeg: 'non_neg' };

/** An initializer, a regularizer or a constraint as options here: its name, or its type and its options. */
export function partFrom(where: string, given: unknown): unknown {
  if (given === null) return 'none';
  if (typeof given === 'string') return nameFrom(given);
  const { className, config, rest } = readSerialized(where, given);
  demandKnown(where, rest, BESIDE);
  if (className === 'VarianceScaling') return scaledFrom(where, config);
  const options = Object.entries(config).filter(([key, value]) => !(key === 'seed' && value === null));
  return { type: nameFrom(className), ...Object.fromEntries(options) };
}

/** The initializers of one name here that Keras states as a scale, a mode and a distribution. */
const SCALED: Readonly<Record<string, string>> = {
  '1 fan_avg uniform': 'glorot_uniform',
  '1 fan_avg normal': 'glorot_normal',
  '1 fan_avg truncated_normal': 'glorot_normal',
  '2 fan_in uniform': 'he_uniform',
  '2 fan_in normal': 'he_normal',
  '2 fan_in truncated_normal': 'he_normal',
};

function scaledFrom(where: string, { scale, mode, distribution, seed }: Entries): unknown {
  const stated = [scale, mode, distribution];
  // Only numbers and strings become text, since that of a list may be long, and some objects have none.
  const isStated = stated.every((one) => typeof one === 'number' || typeof one === 'string');
  const key = isStated ? stated.join(' ') : '';
  const type = Object.hasOwn(SCALED, key) ? SCALED[key] : undefined;
  if (type !== undefined) return { type, ...(seed === null || seed === undefined ? {} : { seed }) };
  const expected = `a scale, mode and distribution among ${Object.keys(SCALED).join('; ')}`;
  throw new NormtapeError({ where, expected, received: stated });
}

const nameFrom = (name: string): string =>
  Object.hasOwn(NAMES, name) ? NAMES[name]! : /^[A-Z]/.test(name) ? snakeCase(name).replace(/^_/, '') : name;

function demandKnown(where: string, rest: Entries, known: readonly string[]): void {
  const stray = Object.keys(rest).find((key) => !known.includes(key));
  if (stray === undefined) return;
  const expected = `keys among ${known.join(', ')}`;
  throw new NormtapeError({ where, expected, received: stray, hint: suggest(stray, known) });
}

/** The configuration of a layer of Keras, of which each key must be read: one that nobody knows is a mistake. */
export class LayerConfig {
  readonly #left: Map<string, unknown>;
  readonly #known: string[] = [];

  constructor(
    readonly where: string,
    config: Entries,
  ) {
    this.#left = new Map(Object.entries(config));
  }

  /** The value of a key; a default if it is missing. */
  take(key: string, fallback?: unknown): unknown {
    this.#known.push(key);
    const value = this.#left.has(key) ? this.#left.get(key) : fallback;
    this.#left.delete(key);
    return value;
  }

  /** Throws unless the configuration has a key. */
  demand(key: string): void {
    if (this.#left.has(key)) return;
    const hint =
      'The class and its factory have different defaults. Pass everything that get_config() returns.';
    const expected = `a value of ${key}`;
    throw new NormtapeError({ where: this.where, expected, received: undefined, hint });
  }

  /** Throws unless a key is missing, or has the only value that there is here. */
  only(key: string, allowed: readonly unknown[], hint?: string): void {
    const value = this.take(key, allowed[0]);
    if (allowed.includes(value)) return;
    const expected = allowed.map((one) => JSON.stringify(one)).join(' or ');
    throw new NormtapeError({ where: `${this.where}.${key}`, expected, received: value, hint });
  }

  /** The values of keys as options here, if they are stated; parts are read by the ends of their keys. */
  options(keys: readonly string[]): Record<string, unknown> {
    const stated = keys.flatMap((key): [string, unknown][] => {
      const value = this.take(key);
      if (value === undefined || (key === 'seed' && value === null)) return [];
      const isPart = /_(initializer|regularizer|constraint)$/.test(key);
      return [[camelCase(key), isPart ? partFrom(`${this.where}.${key}`, value) : value]];
    });
    return Object.fromEntries(stated);
  }

  /** Reads what every layer of Keras has. */
  base(): { readonly name: string | undefined; readonly trainable: boolean; readonly dtype: Dtype } {
    const name = this.take('name');
    if (name !== undefined && typeof name !== 'string')
      throw new NormtapeError({ where: `${this.where}.name`, expected: 'a string', received: name });
    const trainable = this.take('trainable', true);
    if (typeof trainable !== 'boolean')
      throw new NormtapeError({
        where: `${this.where}.trainable`,
        expected: 'true or false',
        received: trainable,
      });
    const hint = 'The first input decides the dtype here; mixed precision is not supported.';
    const dtype = this.take('dtype', null);
    const policy = isPlainObject(dtype) ? dtype['config'] : dtype;
    const named = isPlainObject(policy) ? policy['name'] : policy;
    if (named !== null && named !== 'float32' && named !== 'float64')
      throw new NormtapeError({
        where: `${this.where}.dtype`,
        expected: 'float32 or float64',
        received: dtype,
        hint,
      });
    this.only('activity_regularizer', [null], 'Add it to the loss.');
    this.only('quantization_config', [null], 'Save the model before it is quantized.');
    return { name, trainable, dtype: named === 'float64' ? named : 'float32' };
  }

  /** Throws if a key was not read. */
  end(): void {
    const [stray] = this.#left.keys();
    if (stray === undefined) return;
    const expected = `keys among ${this.#known.join(', ')}`;
    throw new NormtapeError({
      where: this.where,
      expected,
      received: stray,
      hint: suggest(stray, this.#known),
    });
  }
}
