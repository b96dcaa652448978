import '../wasm-relaxed.js';

export type { GradcheckEntry } from '../autograd/gradcheck/compare.js';
export {
  type GradcheckOptions,
  type GradcheckReport,
  assertGradients,
  gradcheck,
} from '../autograd/gradcheck/gradcheck.js';
export { arbitraries } from './public-arbitraries.js';
export { type ModuleInvariant, type ModuleTrial, type VerifyModuleOptions, verifyModule } from './module.js';
export {
  type ClaimReport,
  type Counterexample,
  type ModuleVerification,
  type Plain,
  type Verification,
  reportMarkdown,
  reportText,
} from './report.js';
export {
  type Progress,
  type Verifiable,
  type VerifyOptions,
  verification,
  verifyNormalization,
} from './verify.js';
export type { Invariant, Trial } from '../norms/law.js';
