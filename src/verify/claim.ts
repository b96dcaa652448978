import type { Dtype } from '../array/index.js';
import type { Trial } from '../norms/law.js';
import type { Norm } from '../norms/norm.js';
import type { Case, Sort } from './cases.js';
import type { Trying } from './runner.js';

/** A promise of a norm, and how it is tried. */
export interface Claim extends Trying<Tried> {
  readonly sort: Sort;
  /** Left out: all there are. */
  readonly dtypes?: readonly Dtype[];
}

/** A case, set up. */
export interface Tried {
  readonly norm: Norm;
  readonly given: Case;
  readonly trial: Trial<Case['options']>;
}
