import type { NdArray } from '../array/index.js';

// What a norm promises, and what a promise is tried on: types only, which the definitions of norms mention.

type Arrays = Readonly<Record<string, NdArray>>;

/** A formula as it was computed, with the intermediate results that it names. */
export interface Witness {
  readonly outputs: readonly NdArray[];
  /** What a symbol stands for, such as x̂ or N; throws if the formula names nothing so. */
  of(symbol: string): NdArray;
}

/** The circumstances of a witness; weights and running statistics by name. */
export interface WitnessCase<O> {
  readonly options: O;
  readonly weights: Arrays;
  readonly state: Arrays;
  /** Numbers that take the place of what a symbol stands for, such as all ones in the place of x̂. */
  readonly replaced?: Readonly<Record<string, number>>;
}

type Outputs = readonly [NdArray, ...NdArray[]];

/** How a norm is run other than the trial itself would. */
export interface Setting<O> {
  readonly changes?: Partial<O>;
  /** Weights other than those of the trial; a number fills one. */
  readonly weights?: Readonly<Record<string, NdArray | number>>;
  /** Every weight that is not given at its default start, as are the options that say how weights start. */
  readonly fresh?: boolean;
  readonly training?: boolean;
  readonly state?: Readonly<Record<string, NdArray>>;
  readonly mask?: NdArray | undefined;
}

/** Gradients of the input, and of each weight by name. */
export interface Pulled {
  readonly x: NdArray;
  readonly weights: Readonly<Record<string, NdArray>>;
}

/** What a norm gave, and the way back from there. */
export interface Linearized {
  readonly outputs: Outputs;
  /** The running statistics afterwards; undefined where none changed. */
  readonly state: Readonly<Record<string, NdArray>> | undefined;
  /** The weights it ran with. */
  readonly weights: Readonly<Record<string, NdArray>>;
  /** Takes gradients of the outputs back; those that the trial draws for outputs of these shapes when left out. */
  pullback(seeds?: readonly NdArray[]): Pulled;
}

/** What an invariant may try a norm on. */
export interface Trial<O> {
  readonly x: NdArray;
  readonly options: O;
  /** Weights as training may leave them: of both signs, none at its start. */
  readonly weights: Readonly<Record<string, NdArray>>;
  readonly training: boolean;
  /** Running statistics, for the norms that keep some. */
  readonly state: Readonly<Record<string, NdArray>>;
  readonly mask: NdArray | undefined;
  /**
   * The outputs in training, under these options or some changed; the weights are at their default start, but for
   * those that are given a number, which then fills them.
   */
  run(x: NdArray, changes?: Partial<O>, weights?: Readonly<Record<string, number>>): Outputs;
  /** The outputs and the way back, under the weights and in the situation of the trial unless others are set. */
  linearize(x: NdArray, setting?: Setting<O>): Linearized;
  /** The formula in training and float64 with the same weights, or fresh ones, for laws to read what it names. */
  witness(x: NdArray, setting?: WitnessSetting): Witness;
  /** Standard normal numbers, the same for the same shape and stream. */
  normal(shape: readonly number[], stream?: number): NdArray;
}

/** How a formula is computed other than a trial itself would. */
interface WitnessSetting extends Pick<Setting<never>, 'fresh'>, Pick<WitnessCase<never>, 'replaced'> {}

/** A promise of a norm: a sentence for people, a measure that is 0 where it holds exactly, and what rounding may do. */
export interface Invariant<O> {
  readonly claim: string;
  /** Whether it follows from the formula in exact arithmetic: then a report names it after what it follows from. */
  readonly corollary?: boolean;
  /** Left out: for every option and input. */
  applies?(trial: Trial<O>): boolean;
  deviation(trial: Trial<O>): number;
  /** The largest deviation that rounding can explain; 0 for what holds bit for bit. */
  bound(trial: Trial<O>): number;
}
