import { type NdArray, isNdArray } from '../array/index.js';
import { NormtapeError } from '../error.js';

/** Gradients by input; undefined if an input has none. */
export type Pulled = readonly (NdArray | undefined)[];

/** Takes gradients of the outputs to gradients of the inputs. It may leave out those that are not needed, to save work. */
export type Pullback = (gradients: readonly NdArray[], needed: readonly boolean[]) => Pulled;

/** The result of a rule: the value, and the pullback, which takes a gradient of the value to gradients of the inputs. */
export interface Differentiated {
  readonly value: NdArray;
  /** Gradients of inputs that are not needed may be left out, to save work. */
  pullback(gradient: NdArray, needed: readonly boolean[]): Pulled;
  readonly values?: undefined;
}

/** The result of a rule of several values. */
export interface MultiDifferentiated {
  readonly values: readonly NdArray[];
  readonly pullback: Pullback;
  readonly value?: undefined;
}

/** An op on plain arrays: computes its values, and how to pull gradients of them back. */
export type Rule = (...arrays: readonly NdArray[]) => Differentiated | MultiDifferentiated;

/** The result of a rule; throws unless a rule of one value returned an array and a function. */
export function demandResult(op: string, result: ReturnType<Rule>): ReturnType<Rule> {
  if (result.values || (isNdArray(result.value) && typeof result.pullback === 'function')) return result;
  const expected = 'a rule that returns { value, pullback }, an NdArray and a function';
  throw new NormtapeError({ where: op, expected, received: result.value });
}

/** The pullback of a rule of one value, for lists of gradients. */
export const pullbackOf =
  (result: Differentiated): Pullback =>
  (gradients, needed) =>
    result.pullback(gradients[0]!, needed);
