import { type NdArray, type Shape, flat, sameShape, toPlain } from '../../array/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { type Module, demandModule } from '../../nn/module.js';
import { choice, completed, flag, numberOrNull, resolveBeside, text } from '../../option/index.js';
import { type Writable, namedIn, readTexts, readWritable } from '../arrays.js';
import { type Choices, type Counterpart, counterpartsOf, partsHere, tensorThere } from './counterparts.js';
import { BERT, GPT2, LLAMA } from './hugging-face.js';
import { type Naming, endsWith, joinedPath } from './naming.js';
import { PYTORCH } from './pytorch.js';

const NAMINGS = { pytorch: PYTORCH, llama: LLAMA, gpt2: GPT2, bert: BERT } as const satisfies Readonly<
  Record<string, Naming>
>;

const NAMING = {
  naming: choice('pytorch', 'Whose names and layouts the tensors have.', [
    'pytorch',
    'llama',
    'gpt2',
    'bert',
  ]),
  prefix: text(
    '',
    'The first segments of every name there, as in model.encoder; other tensors do not count.',
  ),
  channels: numberOrNull(null, 'The channels of the images that a Flatten reads, if no layer before tells.', {
    min: 1,
    whole: true,
    explore: [1, 3],
  }),
};

/** The options of `tensorsFor`; `naming` is required, the others have defaults. */
export interface NamingOptions {
  /** Whose names and layouts the tensors have: 'pytorch', 'llama', 'gpt2' or 'bert'. */
  readonly naming: keyof typeof NAMINGS;
  /** The first segments of every name there, as in model.encoder; other tensors do not count. Default: none. */
  readonly prefix?: string | undefined;
  /**
   * The channels of the images that a Flatten reads, if no layer before tells, since there they come before the pixels; 1
   * if samples are no images.
   */
  readonly channels?: number | null | undefined;
  /** Paths of layers, or names of weights, here and there, as in { 'layers.1': 'head' }; * stands for any one key. */
  readonly paths?: Readonly<Record<string, string>> | undefined;
}

/** The options of `loadFrom`; `naming` is required, the others have defaults. */
export interface LoadFromOptions extends NamingOptions {
  /** Whether a weight without a tensor, or a tensor without a weight, is a mistake. Default: true. */
  readonly strict?: boolean | undefined;
}

/** What `loadFrom` did not load. */
export interface LeftOver {
  /** The weights that keep their numbers, by name, and the tensors that there are none of. */
  readonly missing: Readonly<Record<string, string>>;
  /** The tensors that belong to no weight. */
  readonly unused: readonly string[];
}

const LOADING = {
  ...NAMING,
  strict: flag(true, 'Whether a weight without a tensor, or a tensor without a weight, is a mistake.'),
};

/** The choices of a caller, and whether to be strict, by the options that a function has. */
function readChoices(
  where: string,
  known: typeof NAMING | typeof LOADING,
  given: LoadFromOptions,
): Choices & { readonly strict: boolean } {
  const stated = completed(where, given, { naming: null });
  const { paths = {}, ...rest } = resolveBeside(where, known, stated, ['paths']);
  const { naming, prefix, channels } = rest;
  const texts = readTexts(`${where}.paths`, paths);
  return {
    naming: NAMINGS[naming],
    prefix,
    channels: channels ?? undefined,
    paths: texts,
    strict: !('strict' in rest) || rest.strict,
  };
}

/**
 * Loads weights with the names and layouts of another framework: PyTorch's modules, or models such as Llama, GPT-2 and
 * BERT. The model must be built. Each weight is cast to its dtype.
 *
 * @throws {NormtapeError} If a weight has no tensor or a tensor no weight, unless `strict` is false, or if a shape does
 * not match. The error names both, and nothing changes. Tensors that belong to no weight are not read.
 */
export function loadFrom(
  model: Module,
  tensors: Readonly<Record<string, Writable>>,
  options: LoadFromOptions,
): LeftOver {
  const where = 'loadFrom';
  demandModule(where, model);
  const { strict, ...choices } = readChoices(where, LOADING, options);
  const given = new Map(
    namedIn(where, tensors).filter(
      ([name]) => choices.prefix === '' || name.startsWith(`${choices.prefix}.`),
    ),
  );
  const known = counterpartsOf(where, model, choices, ({ tensors: [first] }, path) =>
    given.has(joinedPath(path, first!.as)),
  );
  const found = known.filter(({ as }) => given.has(as));
  const missing = known.filter(({ as }) => !given.has(as));
  const used = new Set(found.map(({ as }) => as));
  const unused = [...given.keys()].filter(
    (name) => !used.has(name) && !isIdle(where, name, given, choices, found),
  );
  if (strict && missing.length + unused.length) throw apartFrom(where, missing, unused);
  const state = Object.fromEntries(found.flatMap((one) => partsHere(one, tensorIn(where, given, one))));
  model.loadStateDict(state, { strict });
  return {
    missing: Object.fromEntries(missing.flatMap(({ as, parts }) => parts.map(({ name }) => [name, as]))),
    unused,
  };
}

type Given = ReadonlyMap<string, Writable>;

/** The tensor of a counterpart; throws if it has another shape, before it is read. */
const tensorIn = (where: string, given: Given, one: Counterpart): NdArray =>
  readWritable(`${where}: ${one.as}`, given.get(one.as)!, (claimed) => demandShape(where, one, claimed));

/** Whether a tensor is no weight, or repeats one; throws if it should repeat one, but differs. */
function isIdle(
  where: string,
  name: string,
  given: Given,
  { naming: { buffers, copies = {} }, prefix }: Choices,
  found: readonly Counterpart[],
): boolean {
  if (buffers.some((buffer) => endsWith(name, buffer))) return true;
  const [, first] = Object.entries(copies).find(([copy]) => joinedPath(prefix, copy) === name) ?? [];
  const one = first === undefined ? undefined : found.find(({ as }) => as === joinedPath(prefix, first));
  if (!one) return false;
  const original = tensorIn(where, given, one);
  const demandEqual = (isEqualTo: boolean): void => {
    if (isEqualTo) return;
    const hint =
      'The model shares one weight for both: create it with separate weights, as with { tieWeights: false }.';
    const expected = `the numbers of ${one.as}`;
    throw new NormtapeError({ where: `${where}: ${name}`, expected, received: 'others', hint });
  };
  const copy = readWritable(`${where}: ${name}`, given.get(name)!, (claimed) =>
    demandEqual(sameShape(claimed, original.shape)),
  );
  demandEqual(isEqual(copy, original));
  return true;
}

function isEqual(a: NdArray, b: NdArray): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  const [left, right] = [flat(a), flat(b)];
  return left.every((value, i) => Object.is(value, right[i]));
}

function apartFrom(where: string, missing: readonly Counterpart[], unused: readonly string[]): NormtapeError {
  const [first, ...others] = missing;
  const more = others.length ? ` (and ${others.length} more)` : '';
  const expected = first
    ? `a tensor ${first.as} for ${first.parts.map(({ name }) => name).join(', ')}${more}`
    : 'a weight of the model for every tensor';
  const hint = first && suggest(first.as, unused);
  const advice =
    hint ??
    'If a layer has another name there, state it in paths. strict: false loads the tensors that match.';
  return new NormtapeError({ where, expected, received: unused, hint: advice });
}

function demandShape(where: string, { as, parts, shape }: Counterpart, received: Shape): void {
  if (sameShape(shape, received)) return;
  const expected = `the shape ${JSON.stringify(shape)} for ${parts.map(({ name }) => name).join(', ')}`;
  throw new NormtapeError({ where: `${where}: ${as}`, expected, received });
}

/**
 * The weights of a model by the names of another framework and in its layouts, as plain arrays for `writeSafetensors`:
 * of PyTorch's modules, or of models of Llama, GPT-2 and BERT.
 *
 * @throws {NormtapeError} If the model is not built, or a weight has no name there.
 */
export function tensorsFor(model: Module, options: NamingOptions): Record<string, NdArray> {
  const where = 'tensorsFor';
  demandModule(where, model);
  const choices = readChoices(where, NAMING, options);
  const known = counterpartsOf(where, model, choices, (form, _, layer) => form.fits(layer));
  const ours = model.stateDict();
  return Object.fromEntries(known.map((one) => [one.as, toPlain(tensorThere(one, ours))]));
}
