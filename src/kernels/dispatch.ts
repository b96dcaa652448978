import { engine } from './choice.js';
import { matmul as plain } from './matmul.js';
import { matmul as compiled } from './wasm/matmul.js';

// Where a kernel is there twice, the chosen one runs, and JavaScript's wherever that one declines.

/** out ← A · B; see the kernel in JavaScript. */
export const matmul: typeof plain = (m, k, n, a, b, out, at) => {
  const chosen = engine();
  if (!chosen || !compiled(chosen, m, k, n, a, b, out, at)) plain(m, k, n, a, b, out, at);
};
