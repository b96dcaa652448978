import fc from 'fast-check';
import { door } from '../door.js';
import { placesOf } from '../exports/places.js';
import { targets } from '../exports/targets.js';
import { type Call, enter, nearly } from './exports.js';

/** Numbers that no loop can count to, and for which no memory is enough. */
const NUMBERS = [Infinity, 2 ** 31, 2 ** 53, 1e300];

const calls: readonly Call[] = targets.flatMap((target) =>
  placesOf(target).flatMap((place) =>
    NUMBERS.map((number) => nearly(target, place, { words: String(number), make: () => number })),
  ),
);

/** The door of sizes: calls of the public API that ask for more than there is must be rejected quickly. */
export const sizes = door({
  name: 'sizes',
  input: fc.constantFrom(...calls),
  async enter(call) {
    const start = performance.now();
    await enter(call);
    // A limit for a slow machine under load, far below the time of a loop to 2³¹.
    if (performance.now() - start > 10_000) throw new Error('It took more than 10 seconds.');
  },
});
