import type { gather as plainGather, scatterAdd as plainScatterAdd } from '../gather.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** Below so many numbers, copying in and out costs more than a call saves. */
const LEAST = 256;

/** Picks blocks as the kernel in JavaScript does; false, and nothing done, where it does not pay or fit. */
export function gather(
  { kernels, arena }: Engine,
  ...[x, out, picks, outer, n, inner]: Parameters<typeof plainGather>
): boolean {
  if (out.length < LEAST || !arena.addressOf(x)) return false;
  const staging = new Staging(arena);
  const [from, at, to] = [staging.read(x), staging.readIntegers(picks), staging.write(out)];
  const bytes = inner * x.BYTES_PER_ELEMENT;
  return staging.run(() => kernels.gather(from, to, at, picks.length, outer, n, bytes));
}

/** Adds blocks where they were picked; false, and nothing done, where it does not pay or fit. */
export function scatterAdd(
  { kernels, arena }: Engine,
  ...[x, sums, picks, outer, n, inner]: Parameters<typeof plainScatterAdd>
): boolean {
  if (x.length < LEAST) return false;
  const staging = new Staging(arena);
  const [from, at, to] = [staging.read(x), staging.readIntegers(picks), staging.update(sums)];
  const kernel = x instanceof Float32Array ? kernels.scatterAdd32 : kernels.scatterAdd64;
  return staging.run(() => kernel(from, to, at, picks.length, outer, n, inner));
}
