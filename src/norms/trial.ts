import { type Dtype, type NdArray, Random, cast, draw, full, sameShape } from '../array/index.js';
import type { Linearized, Setting, Trial } from './law.js';
import type { Norm, OptionsOf } from './norm.js';
import { rule } from './rule.js';
import type { Options } from './option.js';
import { newState } from './new-state.js';
import { type Owned, allocate } from './owned.js';
import { fits, secondInputsOf } from './second-inputs.js';
import { witness } from './witness.js';

/** The inputs of a trial besides x and options; each that is left out is drawn from the seed. */
export interface TrialCase {
  readonly seed?: number;
  readonly weights?: Readonly<Record<string, NdArray>>;
  readonly training?: boolean;
  readonly state?: Readonly<Record<string, NdArray>>;
  readonly inputs?: Readonly<Record<string, NdArray>>;
  readonly mask?: NdArray | undefined;
}

/** Sets a norm up for its invariants; the tests, the kit and the playground all do it through here. */
export function trial<N extends Norm>(
  norm: N,
  x: NdArray,
  options: OptionsOf<N>,
  { seed = 0, weights: own, training = true, state: kept, inputs: beside, mask }: TrialCase = {},
): Trial<OptionsOf<N>> {
  const plain = withoutParts(norm.options, options);
  const made = (specs: Specs<OptionsOf<N>>, input: NdArray, under: OptionsOf<N>) =>
    allocate(specs, input.shape, under, { dtype: input.dtype });
  const drawn = (specs: Specs<OptionsOf<N>>, next: () => number) =>
    Object.fromEntries(
      Object.entries(made(specs, x, plain)).map(([name, { shape }]) => [name, draw(shape, next, x.dtype)]),
    );
  const weights = own ?? drawn(norm.parameters, normals(seed));
  const state = kept ?? drawn(norm.state, uniforms(seed));
  const known = new Map<string, NdArray>();
  const normal = (shape: readonly number[], stream = 0) => {
    const key = `${stream}:${shape.join()}`;
    const numbers = known.get(key) ?? drawNormal(shape, seed + 1 + stream, x.dtype);
    known.set(key, numbers);
    return numbers;
  };

  /** The inputs besides an x, those of the trial where they fit. */
  const besideOf = (input: NdArray, under: OptionsOf<N>, given: Arrays): Arrays =>
    Object.fromEntries(
      secondInputsOf<OptionsOf<N>>(norm.inputs, under).map(({ name, shape }, k) => {
        const sizes = shape(input.shape, under);
        const own = given[name];
        if (own && fits(own.shape, sizes)) return [name, cast(own, input.dtype)];
        return [
          name,
          cast(
            normal(
              sizes.map((size, i) => size ?? input.shape[i] ?? 2),
              FIRST_INPUT + k,
            ),
            input.dtype,
          ),
        ];
      }),
    );
  const inputs = besideOf(x, plain, beside ?? {});

  /** The weights and running statistics for a run on an input. */
  const set = (input: NdArray, setting: Setting<OptionsOf<N>>, under: OptionsOf<N>) => {
    const start = Object.entries(made(norm.parameters, input, under));
    const arrays: Record<string, NdArray> = Object.fromEntries(
      start.map(([name, value]) => {
        const given = setting.weights?.[name] ?? (setting.fresh ? value : weights[name]);
        if (typeof given === 'number') return [name, full(value.shape, given, input.dtype)];
        return [name, given && sameShape(given.shape, value.shape) ? cast(given, input.dtype) : value];
      }),
    );
    return { arrays, statistics: setting.state ?? (setting.fresh ? newState(norm, input, under) : state) };
  };

  const linearize = (input: NdArray, setting: Setting<OptionsOf<N>> = {}): Linearized => {
    const under = { ...plain, ...setting.changes };
    const { arrays, statistics } = set(input, setting, under);
    const situation = {
      training: setting.training ?? (setting.fresh || training),
      state: statistics,
      mask: 'mask' in setting ? setting.mask : setting.fresh ? undefined : mask,
    };
    const names = Object.keys(arrays);
    const second = besideOf(input, under, setting.inputs ?? inputs);
    const besides = Object.keys(second);
    const apply = rule(norm, names, under, situation, besides);
    const result = apply([input, ...Object.values(arrays), ...Object.values(second)]);
    const [head, ...tail] = result.values;
    return {
      outputs: [head!, ...tail],
      state: result.state,
      weights: arrays,
      statistics,
      set: result.parameters,
      inputs: second,
      ...(result.backwardState && { backwardState: result.backwardState }),
      pullback(given = result.values.map(({ shape }, i) => normal(shape, i))) {
        const seeds = result.values.map(({ shape }, i) => given[i] ?? full(shape, 0, input.dtype));
        const [pulled, ...rest] = result.pullback(seeds);
        const named = (list: readonly string[], from: number) =>
          Object.fromEntries(list.map((name, i) => [name, rest[from + i]!]));
        return { x: pulled!, weights: named(names, 0), inputs: named(besides, names.length) };
      },
    };
  };

  return {
    x,
    options,
    weights,
    training,
    state,
    inputs,
    mask,
    normal,
    linearize,
    witness(input, { fresh = false, replaced = {} } = {}) {
      const { arrays, statistics } = set(input, { fresh }, plain);
      return witness(norm, input, {
        options: plain,
        weights: arrays,
        inputs: besideOf(input, plain, inputs),
        state: statistics,
        replaced,
      });
    },
    under: (changes) =>
      trial(norm, x, { ...options, ...changes }, { seed, weights, training, state, inputs, mask }),
    run: (input, changes = {}, filled = {}) =>
      linearize(input, { changes, weights: filled, fresh: true }).outputs,
  };
}

type Arrays = Readonly<Record<string, NdArray>>;

/** The stream of random numbers of the first input besides x; those before it are for outputs. */
const FIRST_INPUT = 100;

type Specs<O> = Readonly<Record<string, Owned<O>>> | undefined;

/** The options with those that name a part, such as an initializer, at their defaults. */
const withoutParts = <O extends object>(specs: Options, options: O): O => ({
  ...options,
  ...Object.fromEntries(
    Object.entries(specs).flatMap(([name, option]) =>
      option.kind === 'part' ? [[name, option.default]] : [],
    ),
  ),
});

function normals(seed: number): () => number {
  const random = new Random(seed);
  return () => random.normal();
}

/** Numbers from 1/4 to 5/4: running statistics that are above 0. */
function uniforms(seed: number): () => number {
  const random = new Random(seed);
  return () => 0.25 + random.uniform();
}

const drawNormal = (shape: readonly number[], seed: number, dtype: Dtype): NdArray =>
  draw(shape, normals(seed), dtype);
