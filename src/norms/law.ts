import type { NdArray } from '../array/index.js';

// Types of laws and of the trials that laws are checked on.

type Arrays = Readonly<Record<string, NdArray>>;

/** A formula as it was computed, with the intermediate results that it names. */
export interface Witness {
  readonly outputs: readonly NdArray[];
  /** The intermediate result that a symbol names, such as x̂ or N; throws if the formula names none so. */
  of(symbol: string): NdArray;
}

/** The circumstances of a witness; weights, inputs besides x and running statistics by name. */
export interface WitnessCase<O> {
  readonly options: O;
  readonly weights: Arrays;
  readonly inputs?: Arrays;
  readonly state: Arrays;
  /** Numbers that replace the intermediate results of these symbols, such as 1 in every place of x̂. */
  readonly replaced?: Readonly<Record<string, number>>;
}

type Outputs = readonly [NdArray, ...NdArray[]];

/** The settings of a run of a norm that differ from those of its trial. */
export interface Setting<O> {
  readonly changes?: Partial<O>;
  /** Weights other than those of the trial; a number fills one. */
  readonly weights?: Readonly<Record<string, NdArray | number>>;
  /** Whether weights that are not given start at their defaults, as do the options that initialize weights. */
  readonly fresh?: boolean;
  readonly training?: boolean;
  readonly state?: Readonly<Record<string, NdArray>>;
  /** Inputs besides x other than those of the trial. */
  readonly inputs?: Readonly<Record<string, NdArray>>;
  readonly mask?: NdArray | undefined;
}

/** Gradients of x, and of each weight and each input besides x by name. */
export interface Pulled {
  readonly x: NdArray;
  readonly weights: Readonly<Record<string, NdArray>>;
  readonly inputs: Readonly<Record<string, NdArray>>;
}

/** The results of a norm, and its backward pass from them. */
export interface Linearized {
  readonly outputs: Outputs;
  /** The running statistics afterwards; undefined if none changed. */
  readonly state: Readonly<Record<string, NdArray>> | undefined;
  /** The weights that it was given. */
  readonly weights: Readonly<Record<string, NdArray>>;
  /** The running statistics that it was given. */
  readonly statistics: Readonly<Record<string, NdArray>>;
  /** The weights that it set, as a start from data does; undefined if it set none. */
  readonly set: Readonly<Record<string, NdArray>> | undefined;
  /** The inputs besides x that it ran with. */
  readonly inputs: Readonly<Record<string, NdArray>>;
  /** The running statistics that the backward pass makes of these; undefined if it changes none. */
  backwardState?(
    seeds: readonly NdArray[],
    state: Readonly<Record<string, NdArray>>,
  ): Readonly<Record<string, NdArray>>;
  /**
   * The gradients of the inputs and the weights, from those of the outputs, which the trial draws if all are left out;
   * those of further outputs are 0 if they are left out.
   */
  pullback(seeds?: readonly NdArray[]): Pulled;
}

/** A norm with an input, options, weights and statistics, on which a law is tried. */
export interface Trial<O> {
  readonly x: NdArray;
  readonly options: O;
  /** Weights as training may leave them: of both signs, none at its start. */
  readonly weights: Readonly<Record<string, NdArray>>;
  readonly training: boolean;
  /** Running statistics, for the norms that keep some. */
  readonly state: Readonly<Record<string, NdArray>>;
  /** Inputs besides x, for the norms that declare some. */
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly mask: NdArray | undefined;
  /**
   * The outputs in training, under the options of the trial with these changes. Weights start at their defaults, except
   * those that are given a number, which fills them.
   */
  run(x: NdArray, changes?: Partial<O>, weights?: Readonly<Record<string, number>>): Outputs;
  /** The outputs and the backward pass, with the weights and settings of the trial unless others are given. */
  linearize(x: NdArray, setting?: Setting<O>): Linearized;
  /** The formula in training and float64 with the same weights, or fresh ones, for laws to read what it names. */
  witness(x: NdArray, setting?: WitnessSetting): Witness;
  /** Standard normal numbers, the same for the same shape and stream. */
  normal(shape: readonly number[], stream?: number): NdArray;
  /** The same trial under other options. */
  under(changes: Partial<O>): Trial<O>;
}

/** The settings of a witness that differ from those of its trial. */
interface WitnessSetting extends Pick<Setting<never>, 'fresh'>, Pick<WitnessCase<never>, 'replaced'> {}

/** A promise of a norm: a sentence, a measure that is 0 if it holds exactly, and the bound that rounding allows. */
export interface Invariant<O> {
  readonly claim: string;
  /** Whether it follows from the formula in exact arithmetic: a report lists such a law after the formula. */
  readonly corollary?: boolean;
  /** Left out: for every option and input. */
  applies?(trial: Trial<O>): boolean;
  deviation(trial: Trial<O>): number;
  /** The largest deviation that rounding can explain; 0 for a law that holds bit for bit. */
  bound(trial: Trial<O>): number;
}
