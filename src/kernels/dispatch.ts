import { engine } from './choice.js';
import { matmul as plainMatmul } from './matmul.js';
import { normalize as plainNormalize, normalizeBack as plainNormalizeBack } from './normalize.js';
import { matmul as compiledMatmul } from './wasm/matmul.js';
import { normalize as compiledNormalize, normalizeBack as compiledNormalizeBack } from './wasm/normalize.js';

// Where a kernel is there twice, the chosen one runs, and JavaScript's wherever that one declines.

/** out ← A · B; see the kernel in JavaScript. */
export const matmul: typeof plainMatmul = (m, k, n, a, b, out, at) => {
  const chosen = engine();
  if (!chosen || !compiledMatmul(chosen, m, k, n, a, b, out, at)) plainMatmul(m, k, n, a, b, out, at);
};

/** out ← γ x̂ + β; see the kernel in JavaScript. */
export const normalize: typeof plainNormalize = (task, out) => {
  const chosen = engine();
  if (!chosen || !compiledNormalize(chosen, task, out)) plainNormalize(task, out);
};

/** The way back; see the kernel in JavaScript. What one kernel measured, the other can go back from. */
export const normalizeBack: typeof plainNormalizeBack = (task, incoming, outgoing) => {
  const chosen = engine();
  if (!chosen || !compiledNormalizeBack(chosen, task, incoming, outgoing)) {
    plainNormalizeBack(task, incoming, outgoing);
  }
};
