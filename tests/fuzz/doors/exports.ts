import fc from 'fast-check';
import { isOne } from '../../../src/demand.js';
import { door } from '../door.js';
import { type Place, isGenerator, placesOf, replaced } from '../exports/places.js';
import { noted } from '../exports/promises.js';
import { type Target, targets } from '../exports/targets.js';
import { type Garbage, garbage } from '../garbage.js';

/** One call: with only garbage, or a valid call with one value replaced. */
export interface Call {
  readonly words: string;
  readonly target: Target;
  readonly args: () => readonly unknown[];
}

/** A long run is not an error: these names count rounds, and may be any number. */
const ROUNDS =
  /^(epochs|steps|runs|samples|blocks|layers|length|size|iterations|classes|accumulate|batchSize)$/;

/** Whole numbers that would be accepted, but fill the memory or take hours. */
const tamed = (value: unknown, place: Place = []): unknown => {
  if (typeof value !== 'number' || Math.abs(value) < 1000) return value;
  if (ROUNDS.test(String(place.at(-1)))) return -Math.abs(value);
  return Math.abs(value) < 2 ** 31 ? value % 1000 : value;
};

/** A call with only garbage. */
export const anything = (target: Target, given: readonly Garbage[]): Call => ({
  words: `${target.name}(${given.map(({ words }) => words).join(', ')})`,
  target,
  args: () => given.map(({ make }) => tamed(make())),
});

/** A valid call in which the value at one place is garbage. */
export const nearly = (target: Target, place: Place, given: Garbage): Call => ({
  words: `${target.name} with ${given.words} at ${place.join('.')}`,
  target,
  args: () => replaced(target.sample!(), place, tamed(given.make(), place)),
});

const target = fc.constantFrom(...targets);

const input = fc.oneof(
  fc.tuple(target, fc.array(garbage, { maxLength: 4 })).map(([one, given]) => anything(one, given)),
  {
    weight: 3,
    arbitrary: fc.tuple(target, fc.nat(), garbage).map(([one, at, given]) => {
      const places = placesOf(one);
      return places.length ? nearly(one, places[at % places.length]!, given) : anything(one, [given]);
    }),
  },
);

/** The number of values that are requested from a generator. */
const STEPS = 3;

/** Awaits a promise, and lets a generator run for some steps. */
export async function settled(result: unknown): Promise<void> {
  if (isPromise(result)) await result;
  if (!isGenerator(result)) return;
  for (let step = 0; step < STEPS; step++) if (result.next().done) return;
  result.return(undefined);
}

const isPromise = (value: unknown): boolean =>
  isOne((given): given is Promise<unknown> => given instanceof Promise, value);

/** Errors of the user's functions, which are passed on unchanged: two values of the garbage throw. */
const STRANGERS = ['thrown by a stranger', "Constructor Map requires 'new'"];

const passes = (error: unknown): boolean => error instanceof TypeError && STRANGERS.includes(error.message);

/**
 * Makes a call.
 * @throws any error other than NormtapeError, and an error if the call left state behind.
 */
export async function enter({ target: { call }, args }: Call): Promise<void> {
  const given = args();
  const demandUnchanged = noted(given);
  try {
    await settled(call(given));
  } catch (error) {
    demandUnchanged();
    if (!passes(error)) throw error;
  }
}

/** The door of every function, class and method of the public API. */
export const exports = door({ name: 'exports', input, enter });
