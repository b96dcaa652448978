import { type Dtype, type NdArray, type Shape, positiveAxes, sameShape, sizeOf } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { NormtapeError } from '../error.js';
import { Statistic, type Weight, arrayIn } from '../nn/statistic.js';
import type { Norm, OptionsOf } from './norm.js';
import { allocate, rulesOf, shapesOf } from './owned.js';

/** The weights and running statistics of a layer, and the inputs that they are for. */
export interface Built {
  /** The shape of the last accepted input. */
  readonly input: Shape;
  readonly dtype: Dtype;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly names: readonly string[];
  readonly state: ReadonlyMap<string, Statistic>;
  /** The weights of a norm that starts from data, with the arrays that they hold until it has. */
  readonly waiting: readonly (readonly [Weight, NdArray])[];
}

/** What a layer is built from. */
interface Plan<N extends Norm> {
  readonly type: string;
  readonly definition: N;
  readonly options: OptionsOf<N>;
  readonly trainable: boolean;
}

/** Whether a norm that starts from data has not started: its weights still hold the arrays that they had first. */
export const isWaiting = (waiting: Built['waiting']): boolean =>
  waiting.length > 0 && waiting.every(([weight, array]) => arrayIn(weight) === array);

/** Makes the weights and running statistics for inputs of this shape and dtype. */
export function buildFor<N extends Norm>(plan: Plan<N>, input: Shape, dtype: Dtype): Built {
  const { definition, options, trainable, type: where } = plan;
  const rules = rulesOf(definition.parameters, options, where);
  const parameters = Object.entries(allocate(definition.parameters, input, options, { dtype, where }));
  const state = Object.entries(allocate(definition.state, input, options, { dtype, where }));
  const made = {
    parameters: new Map(
      parameters.map(([name, value]) => [name, new Parameter(value, { trainable, ...rules[name] })]),
    ),
    state: new Map(state.map(([name, value]) => [name, new Statistic(value)])),
  };
  const weights: Weight[] = definition.start ? [...made.parameters.values(), ...made.state.values()] : [];
  return {
    input: [...input],
    dtype,
    ...made,
    names: parameters.map(([name]) => name),
    waiting: weights.map((weight) => [weight, arrayIn(weight)]),
  };
}

/** Refuses an input for which the weights and running statistics have the wrong dtype or shapes. */
export function demandAlike<N extends Norm>(plan: Plan<N>, built: Built, input: Shape, dtype: Dtype): void {
  const { definition, options, type } = plan;
  if (dtype !== built.dtype) {
    const hint = `Convert the input with cast('${built.dtype}').`;
    throw new NormtapeError({
      where: type,
      expected: `an input of ${built.dtype}, as before`,
      received: dtype,
      hint,
    });
  }
  const shapes = {
    ...shapesOf(definition.parameters, input, options),
    ...shapesOf(definition.state, input, options),
  };
  for (const [name, { shape }] of [...built.parameters, ...built.state]) {
    if (sameShape(shapes[name]!, shape)) continue;
    const expected = `an input for the shape ${JSON.stringify(shape)}, as before`;
    throw new NormtapeError({ where: `${type}.${name}`, expected, received: shapes[name] });
  }
}

/** Refuses an input that lacks an axis of the options, that is empty, or that the norm does not accept. */
export function demandInput<N extends Norm>(
  { type, options: specs, accepts }: N,
  options: OptionsOf<N>,
  input: Shape,
): void {
  for (const [name, { kind }] of Object.entries(specs)) {
    if (kind === 'axis' || kind === 'axes')
      positiveAxes(options[name] as number, input.length, `${type}.${name}`);
  }
  if (sizeOf(input) === 0) {
    throw new NormtapeError({ where: type, expected: 'an input without axes of size 0', received: input });
  }
  const verdict = accepts?.(input, options) ?? true;
  if (verdict === true) return;
  const { option, expected } = verdict;
  if (typeof expected !== 'string') {
    const wanted = 'true, or what is refused, as { expected }';
    throw new NormtapeError({ where: `${type}.accepts`, expected: wanted, received: verdict });
  }
  throw new NormtapeError(
    option === undefined
      ? { where: type, expected, received: input }
      : { where: `${type}.${option}`, expected, received: options[option] },
  );
}
