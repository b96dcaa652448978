import fc from 'fast-check';
import { isOne } from '../../../src/demand.js';
import { door } from '../door.js';
import { type Place, isGenerator, placesOf, replaced } from '../exports/places.js';
import { noted } from '../exports/promises.js';
import { type Target, targets } from '../exports/targets.js';
import { type Garbage, garbage } from '../garbage.js';

/** One call: of garbage alone, or of a valid call in which one value is another. */
export interface Call {
  readonly words: string;
  readonly target: Target;
  readonly args: () => readonly unknown[];
}

/** How long something takes is no fault of it: these count rounds, and may be any number. */
const ROUNDS =
  /^(epochs|steps|runs|samples|blocks|layers|length|size|iterations|classes|accumulate|batchSize)$/;

/** Whole numbers that would be taken, but fill the memory or the day. */
const tamed = (value: unknown, place: Place = []): unknown => {
  if (typeof value !== 'number' || Math.abs(value) < 1000) return value;
  if (ROUNDS.test(String(place.at(-1)))) return -Math.abs(value);
  return Math.abs(value) < 2 ** 31 ? value % 1000 : value;
};

/** A call of garbage alone. */
export const anything = (target: Target, given: readonly Garbage[]): Call => ({
  words: `${target.name}(${given.map(({ words }) => words).join(', ')})`,
  target,
  args: () => given.map(({ make }) => tamed(make())),
});

/** A valid call in which the value at a place is garbage. */
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

/** How many values of a generator are asked for. */
const STEPS = 3;

/** Waits for what a function promised, and lets a generator work for some steps. */
export async function settled(result: unknown): Promise<void> {
  if (isPromise(result)) await result;
  if (!isGenerator(result)) return;
  for (let step = 0; step < STEPS; step++) if (result.next().done) return;
  result.return(undefined);
}

const isPromise = (value: unknown): boolean =>
  isOne((given): given is Promise<unknown> => given instanceof Promise, value);

/** Errors of functions that were given are the caller's own, and pass as they are: the garbage has two that throw. */
const STRANGERS = ['thrown by a stranger', "Constructor Map requires 'new'"];

const passes = (error: unknown): boolean => error instanceof TypeError && STRANGERS.includes(error.message);

/** Makes a call. Throws what is no NormtapeError, and if the call left anything behind. */
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

/** Every function, class and method of the public API. */
export const exports = door({ name: 'exports', input, enter });
