import type { Groups, Numbers } from '../numbers.js';
import type { Factor } from '../products.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** a ⊙ s + b ⊙ t, however few; false, and nothing done, without room. */
export function sumOfProducts(
  { kernels, arena }: Engine,
  a: Numbers,
  s: Factor,
  b: Numbers | undefined,
  t: Factor,
  out: Numbers,
  { outer, n, inner }: Groups,
): boolean {
  const staging = new Staging(arena);
  const [atA, atS, atT] = [staging.read(a), staging.read(s.numbers), staging.read(t.numbers)];
  const [atB, to] = [b ? staging.read(b) : 0, staging.write(out)];
  const kernel = out instanceof Float64Array ? kernels.sumOfProducts64 : kernels.sumOfProducts32;
  return staging.run(() => kernel(atA, atS, s.step, atB, atT, t.step, to, outer, n, inner));
}
