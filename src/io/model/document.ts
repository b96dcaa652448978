import { type Dtype, type Shape, demandShape, knownDtype } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { isPlainObject } from '../../option/index.js';
import { parsing } from '../../json.js';

/** The version of the format that is written, and the newest that is read. */
export const VERSION = 1;

/** The keys of the metadata of a file. */
export const KEYS = { version: 'normtape.version', model: 'normtape.model' } as const;

/** How deep modules may lie inside each other. */
export const DEEPEST = 100;

/** A module as the file states it. */
export interface ModuleStatement {
  /** The name of the class or function that makes it: as the package exports it, or as it was registered. */
  readonly type: string;
  /** Its arguments, encoded. */
  readonly arguments: readonly unknown[];
  readonly training: boolean;
  readonly trainable: boolean;
  /** An input for which its weights were built. */
  readonly builtFor?: { readonly shape: Shape; readonly dtype: Dtype } | undefined;
  /** What was attached to it, encoded; left out: nothing. */
  readonly attached?: unknown;
  /** The modules directly below it: the index of each by its place. */
  readonly parts: Readonly<Record<string, number>>;
}

/** All of a model but its numbers. */
export interface ModelStatement {
  /** The model itself is the first. */
  readonly modules: readonly ModuleStatement[];
  /** The weights that are not trained, by name. */
  readonly frozen: readonly string[];
  /** Places of a weight that also lies elsewhere, and the name of the weight. */
  readonly ties: Readonly<Record<string, string>>;
  /** The states of random generators by name, encoded. */
  readonly generators: Readonly<Record<string, unknown>>;
  /** What the caller saved beside the model, encoded. */
  readonly extras: unknown;
}

/**
 * The statement in the metadata of a file.
 *
 * @throws {NormtapeError} If the file was written by something else or by a newer version, or is malformed.
 */
export function readDocument(where: string, metadata: Readonly<Record<string, string>>): ModelStatement {
  const [version, text] = [metadata[KEYS.version], metadata[KEYS.model]];
  if (version === undefined || text === undefined) {
    const hint = 'readSafetensors reads the arrays of any file.';
    throw new NormtapeError({
      where,
      expected: 'a file of saveModel',
      received: Object.keys(metadata),
      hint,
    });
  }
  if (version !== String(VERSION)) {
    const isNewer = /^[1-9]\d*$/.test(version);
    const hint = isNewer ? 'A newer normtape wrote it: update.' : undefined;
    throw new NormtapeError({
      where: `${where}: version`,
      expected: `version ${VERSION}`,
      received: version,
      hint,
    });
  }
  const parser = parsing(`${where}: ${KEYS.model}`, text);
  let step = parser.next();
  while (!step.done) step = parser.next();
  if (step.value.repeated.length) throw new NormtapeError(step.value.repeated[0]!);
  return checked(`${where}: ${KEYS.model}`, step.value.value);
}

/** The statement, after its form was checked; what it says is checked by whom it is said to. */
function checked(where: string, value: unknown): ModelStatement {
  const model = entriesIn(where, value, ['modules', 'frozen', 'ties', 'generators', 'extras']);
  const { modules, frozen, ties, generators, extras } = model;
  demandThat(
    `${where}.modules`,
    'a list that is not empty',
    Array.isArray(modules) && modules.length > 0,
    modules,
  );
  demandThat(`${where}.frozen`, 'a list of names', isListOfTexts(frozen), frozen);
  demandThat(
    `${where}.ties`,
    'names by name',
    isPlainObject(ties) && isListOfTexts(Object.values(ties)),
    ties,
  );
  demandThat(`${where}.generators`, 'states by name', isPlainObject(generators), generators);
  return {
    modules: (modules as readonly unknown[]).map((one, i) => checkedModule(`${where}.modules.${i}`, one)),
    frozen: frozen as readonly string[],
    ties: ties as Readonly<Record<string, string>>,
    generators: generators as Readonly<Record<string, unknown>>,
    extras,
  };
}

function checkedModule(where: string, value: unknown): ModuleStatement {
  const keys = ['type', 'arguments', 'training', 'trainable', 'parts'];
  const { builtFor, attached, ...rest } = isPlainObject(value) ? value : { value };
  const { type, arguments: given, training, trainable, parts } = entriesIn(where, rest, keys);
  demandThat(`${where}.type`, 'a name', typeof type === 'string', type);
  demandThat(`${where}.arguments`, 'a list', Array.isArray(given), given);
  demandThat(`${where}.training`, 'true or false', typeof training === 'boolean', training);
  demandThat(`${where}.trainable`, 'true or false', typeof trainable === 'boolean', trainable);
  const isParts = isPlainObject(parts) && Object.values(parts).every((index) => Number.isSafeInteger(index));
  demandThat(`${where}.parts`, 'indices by place', isParts, parts);
  return {
    type: type as string,
    arguments: given as readonly unknown[],
    training: training as boolean,
    trainable: trainable as boolean,
    parts: parts as Readonly<Record<string, number>>,
    attached,
    builtFor: builtFor === undefined ? undefined : checkedInput(`${where}.builtFor`, builtFor),
  };
}

function checkedInput(where: string, value: unknown) {
  const { shape, dtype } = entriesIn(where, value, ['shape', 'dtype']);
  demandShape(where, shape);
  return { shape, dtype: knownDtype(where, dtype as Dtype) };
}

/** The entries of an object that must have exactly these keys. */
function entriesIn(
  where: string,
  value: unknown,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  const isExact = isPlainObject(value) && Object.keys(value).sort().join() === [...keys].sort().join();
  demandThat(where, `an object of ${keys.join(', ')}`, isExact, value);
  return value as Readonly<Record<string, unknown>>;
}

const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function demandThat(where: string, expected: string, holds: boolean, received: unknown): void {
  if (!holds) throw new NormtapeError({ where, expected, received });
}
