import { guarded } from '../guarded.js';
import * as own from './arbitraries.js';

/** Random shapes, arrays, options and weights for fast-check. */
export const arbitraries: typeof own = guarded('arbitraries', own);

/** The types of these functions. */
export declare namespace arbitraries {
  export type Ranks = own.Ranks;
  export type RowRange = own.RowRange;
}
