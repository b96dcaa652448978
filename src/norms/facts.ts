import { type NdArray, type Shape, Random, draw, flat } from '../array/index.js';
import type { Norm, OptionsOf } from './norm.js';
import { rule } from './rule.js';
import type { Traits } from './traits.js';
import { read } from './option.js';
import { newState } from './new-state.js';
import { allocate } from './owned.js';
import { besideShapes } from './second-inputs.js';

/** The facts about a norm under its default options that decide between it and others. */
export interface Facts {
  readonly type: string;
  readonly place: Traits['place'];
  readonly couples: Traits['couples'];
  /** Disturbances of its input, or of learned weights, that it removes. */
  readonly guards: Traits['guards'];
  /** Whether training and inference compute different outputs from the same weights and statistics; measured. */
  readonly differsInTraining: boolean;
  /** Whether the output of a step never depends on later steps, in training too. */
  readonly isCausal: boolean;
  /** The smallest batch in which a vector of features is not normalized to nothing. */
  readonly leastBatch: number;
  /** Floating-point operations an element in the forward pass; a tanh counts as 20. */
  readonly cost: number;
  /** The running statistics that it keeps. */
  readonly state: readonly string[];
  /** The inputs that it takes besides x. */
  readonly inputs: readonly string[];
}

/** The facts about a norm, from its traits and from a trial run; undefined if it states no traits. */
export function factsOf(norm: Norm): Facts | undefined {
  const { type, traits, state = {}, inputs = [] } = norm;
  if (!traits) return undefined;
  const { place, couples, guards, cost } = traits;
  const { values: options } = read(type, norm.options, {});
  return {
    type,
    place,
    couples,
    guards,
    differsInTraining: differs(norm, options),
    isCausal: couples === 'nothing' || couples === 'group' || couples === 'prefix',
    leastBatch: couples === 'batch' ? 2 : 1,
    cost,
    state: Object.entries(state).flatMap(([name, { when }]) => ((when?.(options) ?? true) ? [name] : [])),
    inputs: inputs.flatMap(({ name, when }) => ((when?.(options) ?? true) ? [name] : [])),
  };
}

/** Shapes of which every norm accepts one. */
const SHAPES: readonly Shape[] = [
  [4, 6],
  [4, 5, 6],
];

function differs(norm: Norm, options: OptionsOf<Norm>): boolean {
  const shape = SHAPES.find((input) => (norm.accepts?.(input, options) ?? true) === true);
  if (!shape) return false;
  const [trained, inferred] = [true, false].map((training) => outputs(norm, options, shape, training));
  return trained!.some((y, k) => !flat(y).every((value, i) => value === flat(inferred![k]!)[i]));
}

function outputs(norm: Norm, options: OptionsOf<Norm>, shape: Shape, training: boolean): readonly NdArray[] {
  const random = new Random(1);
  const normal = (own: Shape) => draw(own, () => random.normal(), 'float64');
  const x = normal(shape);
  const weights = allocate(norm.parameters, shape, options, { dtype: 'float64' });
  const state = newState(norm, x, options);
  const beside = Object.entries(besideShapes(norm.inputs, shape, options));
  const apply = rule(
    norm,
    Object.keys(weights),
    options,
    { training, state },
    beside.map(([name]) => name),
  );
  return apply([x, ...Object.values(weights), ...beside.map(([, own]) => normal(own))]).values;
}
