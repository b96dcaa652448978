import { Region, escape, expose, free as freeArray, keep as keepArray, runIn } from '../array/index.js';
import { demandFunction } from '../demand.js';
import { isMap, isPlainObject, isSet } from '../option/index.js';
import { Gradients } from './gradients.js';
import { synchronous } from './promise.js';
import { Tensor, arrayOf, demandTensor, isTaped } from './tape.js';

/**
 * Runs f, and frees every array that was made meanwhile, except those in what f returns: tensors, gradients, and lists,
 * maps and plain objects of them. Parameters, running statistics and the state of optimizers outlive every scope. Reading
 * any other tensor afterwards is an error. While a tape is open nothing is freed, since the backward pass may need it.
 *
 * @throws NormtapeError if f is no function, or returns a promise.
 */
export function scope<Y>(f: () => Y): Y {
  demandFunction('scope', f);
  const region = new Region();
  try {
    const value = synchronous('scope', runIn(region, f), 'A scope ends when f returns: await before it.');
    escapeAll(value, region);
    return value;
  } finally {
    end(region);
  }
}

/**
 * A scope with pauses, which a generator enters once for each of its steps. Between steps it is not open: what others make
 * there is theirs.
 */
export class PausingScope {
  readonly #region = new Region();

  /** Runs f in the scope. What f makes is freed at the end of the scope. */
  run<Y>(f: () => Y): Y {
    return runIn(this.#region, f);
  }

  end(): void {
    end(this.#region);
  }
}

/** Frees the arrays of a region, unless a tape may need them. */
function end(region: Region): void {
  if (isTaped()) region.transferToOuter();
  else region.free();
}

/** Lets a tensor outlive every scope and tape; returns it. It is garbage-collected like any other object. */
export function keep(tensor: Tensor): Tensor {
  demandTensor('keep', tensor);
  keepArray(expose(arrayOf(tensor)));
  return tensor;
}

/** Frees tensors that nothing reads any more, before their scope ends. If the user may hold their numbers, they stay readable. */
export function free(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) freeArray(arrayOf(tensor));
}

/** Lets every array in a value outlive the region. */
function escapeAll(value: unknown, region: Region): void {
  if (value === undefined) return;
  if (value instanceof Tensor) escape(arrayOf(value), region);
  else if (Array.isArray(value) || isCollection(value) || value instanceof Gradients) {
    for (const item of value) escapeAll(item, region);
    if (value instanceof Gradients) escapeAll(value.intermediate, region);
  } else if (isPlainObject(value)) for (const item of Object.values(value)) escapeAll(item, region);
}

const isCollection = (value: unknown): value is Iterable<unknown> => isMap(value) || isSet(value);
