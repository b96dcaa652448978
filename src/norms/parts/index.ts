// Pieces with a hand-derived backward pass that several norms share: all that users get of them.
export { affine, contract, gainAndShift } from './affine.js';
export { band } from './band.js';
export {
  type Length,
  type Unit,
  boundGap,
  standardize,
  standardizeWith,
  unitize,
  unitizeWith,
} from './normalize.js';
export { peak, tieGap } from './peak.js';
