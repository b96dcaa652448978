import { Ledger, handOut, keep as kept, shown, storeOf, under as answering } from '../array/index.js';
import { demandFunction } from '../demand.js';
import { isMap, isPlainObject, isSet } from '../option/index.js';
import { Gradients } from './gradients.js';
import { settled } from './promise.js';
import { Tensor, arrayOf, demandTensor, isTaped } from './tape.js';

/**
 * Runs f, and gives back the memory of every array that was made meanwhile, but for those in what f returns: tensors,
 * gradients, and lists, maps and plain objects of them. Parameters, running statistics and what optimizers remember
 * outlive every scope. Reading any other tensor afterwards is an error. While a tape is open nothing ends, since the way
 * back may need it. Throws where f is no function, or returns a promise.
 */
export function scope<Y>(f: () => Y): Y {
  demandFunction('scope', f);
  const ledger = new Ledger();
  try {
    const value = settled('scope', answering(ledger, f), 'A scope ends when f returns: await before it.');
    release(value, ledger);
    return value;
  } finally {
    if (isTaped()) ledger.leave();
    else ledger.end();
  }
}

/** Lets a tensor outlive every scope and tape; returns it. Its memory comes back once nobody holds it. */
export function keep(tensor: Tensor): Tensor {
  demandTensor('keep', tensor);
  kept(shown(arrayOf(tensor)));
  return tensor;
}

/** Frees tensors that nobody else reads any more, before their scope ends; what the caller of the library has seen stays readable. */
export function free(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) storeOf(arrayOf(tensor))?.end();
}

/** Hands on what a ledger answers for of the arrays in a value. */
function release(value: unknown, ledger: Ledger): void {
  if (value === undefined) return;
  if (value instanceof Tensor) {
    const store = storeOf(arrayOf(value));
    if (store?.owner === ledger) handOut(store);
  } else if (Array.isArray(value) || isCollection(value) || value instanceof Gradients) {
    for (const item of value) release(item, ledger);
    if (value instanceof Gradients) release(value.intermediate, ledger);
  } else if (isPlainObject(value)) for (const item of Object.values(value)) release(item, ledger);
}

const isCollection = (value: unknown): value is Iterable<unknown> => isMap(value) || isSet(value);
