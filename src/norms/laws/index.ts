// All laws that norms share, and that a norm of one's own may list. An own law is a value of the type Invariant.
export type { Invariant, Linearized, Pulled, Setting, Trial } from '../law.js';
export { type TrialCase, trial } from '../trial.js';
export { adaptiveBandLaws } from './adaptive-band.js';
export { bandLogitLaws } from './band-logit.js';
export { bandLaws } from './band.js';
export { centeredLaws, standardizedLaws } from './centered.js';
export { erfLaws } from './erf.js';
export { type Core, laid } from './groups.js';
export { headLaws } from './head.js';
export * from './response.js';
export { runningLaws } from './running.js';
export * from './scores.js';
export * from './size.js';
export * from './symmetry.js';
export { tanhLaws } from './tanh.js';
export { unitLaws } from './unit.js';
export { windowLaws } from './window.js';
export { learnedLaws, switchedOff } from './weights.js';
