import { Region, runIn } from '../array/index.js';
import { demandFunction } from '../demand.js';
import { synchronous } from './promise.js';
import type { Rule } from './rule.js';
import { type Entry, type Tensor, demandTensor, isTaped, record, withTape } from './tape.js';

/** Runs f with a new tape open, and returns its result, the entries of the tape, and the region that owns the arrays. */
export function recording<Y>(f: () => Y): { value: Y; entries: Entry[]; region: Region } {
  const entries: Entry[] = [];
  const region = new Region();
  try {
    return { value: runIn(region, () => withTape(entries, f)), entries, region };
  } catch (error) {
    discard(region);
    throw error;
  }
}

/** Frees the arrays that a function made before it threw; an open outer tape may still need them, and frees them later. */
export function discard(region: Region): void {
  if (isTaped()) region.transferToOuter();
  else region.free();
}

/** Runs f with every tape closed, so that its result counts as a constant. Throws if f returns a promise. */
export function noGrad<Y>(f: () => Y): Y {
  demandFunction('noGrad', f);
  return synchronous(
    'noGrad',
    withTape(undefined, f),
    'Tapes are open again when f returns: await before it.',
  );
}

/** The same values as a constant: no gradient flows back to x. */
export function stopGradient(x: Tensor): Tensor {
  demandTensor('stopGradient', x);
  const rule: Rule = (value) => ({ value: value!, pullback: () => [undefined] });
  return record('stopGradient', [x], rule, {})[0]!;
}
