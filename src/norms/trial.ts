import { type Axes, type NdArray, ROUNDOFF, across, cast, full, sizeOf } from '../array/index.js';
import { type Norm, type OptionsOf, allocate, rule } from './norm.js';

/** What an invariant may try a norm on. */
export interface Trial<O> {
  readonly x: NdArray;
  readonly options: O;
  /**
   * The outputs in training, under these options or some changed; the weights are fresh, but for those that are given
   * a number, which then fills them.
   */
  run(
    x: NdArray,
    changes?: Partial<O>,
    weights?: Readonly<Record<string, number>>,
  ): readonly [NdArray, ...NdArray[]];
}

/** A promise of a norm: a sentence for people, a measure that is 0 where it holds exactly, and what rounding may do. */
export interface Invariant<O> {
  readonly claim: string;
  /** Left out: for every option and input. */
  applies?(trial: Trial<O>): boolean;
  deviation(trial: Trial<O>): number;
  /** The largest deviation that rounding can explain; 0 for what holds bit for bit. */
  bound(trial: Trial<O>): number;
}

export interface WithAxes {
  readonly axis: Axes;
}

export interface WithEpsilon {
  readonly epsilon: number;
}

/** Half a unit in the last place of the input's dtype. */
export const u = ({ x }: { readonly x: NdArray }): number => ROUNDOFF[x.dtype];

/** How many numbers there are, in all or in a group along the axes. */
export const count = ({ x }: { readonly x: NdArray }, axes?: Axes): number =>
  axes === undefined ? sizeOf(x.shape) : sizeOf(x.shape) / sizeOf(across(x.shape, axes));

/** The bound of what holds bit for bit. */
export const exactly = (): number => 0;

/** Measures are taken in float64, so that only the roundings of the norm are seen. */
export const wide = (x: NdArray): NdArray => cast(x, 'float64');

/** Sets a norm up for its invariants; the tests and the playground both do it through here. */
export const trial = <N extends Norm>(norm: N, x: NdArray, options: OptionsOf<N>): Trial<OptionsOf<N>> => ({
  x,
  options,
  run(input, changes, weights = {}) {
    const under = { ...options, ...changes };
    const { dtype } = input;
    const fresh = Object.entries(allocate(norm.parameters, input.shape, under, { dtype }));
    const parameters = fresh.map(([name, value]) => {
      const given = weights[name];
      return given === undefined ? value : full(value.shape, given, dtype);
    });
    const names = fresh.map(([name]) => name);
    const state = allocate(norm.state, input.shape, under, { dtype });
    const [head, ...tail] = rule(norm, names, under, { training: true, state })([
      input,
      ...parameters,
    ]).values;
    return [head!, ...tail];
  },
});
