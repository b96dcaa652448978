import { type Calling, guarded } from '../guarded.js';
import * as own from './for-users.js';

const after = (count: number): Calling => ({
  expected: 'an NdArray',
  count,
  is: own.isNdArray,
});
const isShape = (shape: unknown): boolean => {
  own.demandShape('array.draw', shape);
  return true;
};

/** The functions that call a function of the caller. */
const CALLING = {
  draw: { expected: 'a shape', count: 1, is: isShape },
  map: after(1),
  mended: after(1),
  noting: { expected: 'a Map', count: 1, is: (states: unknown) => states instanceof Map },
  zip: after(2),
  zip3: after(3),
};

/** Functions on NdArrays without gradients, for rules of `primitive` and definitions of norms. */
export const array: typeof own = guarded('array', own, CALLING);

/** The types of these functions. */
export declare namespace array {
  export type Attended = own.Attended;
  export type Attention = own.Attention;
  export type Convolved = own.Convolved;
  export type Pooled = own.Pooled;
  export type Labelled = own.Labelled;
  export type JsonNumber = own.JsonNumber;
  export type Spread = own.Spread;
  export type Turning = own.Turning;
  export type MemoryInfo = own.MemoryInfo;
  export type ArrayJson = own.ArrayJson;
  export type PlainArray = own.PlainArray;
  export type CurveName = own.CurveName;
  export type KernelInfo = own.KernelInfo;
  export type KernelSet = own.KernelSet;
  export type CausalLaying = own.CausalLaying;
  export type Laying = own.Laying;
  export type Pair = own.Pair;
  export type Numbers = own.Numbers;
  export type Dtype = own.Dtype;
  export type NdArray = own.NdArray;
  export type Shape = own.Shape;
  export type Axes = own.Axes;
  export type Running = own.Running;
  export type Recipe = own.Recipe;
  export type Weights = own.Weights;
  export type Normalized = own.Normalized;
  export type Ordered = own.Ordered;
  export type Random = own.Random;
  export type Range = own.Range;
  export type Picks = own.Picks;
  export type Nested = own.Nested;
  export type Source = own.Source;
  export type Form = own.Form;
}
