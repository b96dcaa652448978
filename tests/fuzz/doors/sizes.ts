import fc from 'fast-check';
import { door } from '../door.js';
import { placesOf } from '../exports/places.js';
import { targets } from '../exports/targets.js';
import { type Call, enter, nearly } from './exports.js';

/** Numbers that no loop can count to, and no memory holds. */
const NUMBERS = [Infinity, 2 ** 31, 2 ** 53, 1e300];

const calls: readonly Call[] = targets.flatMap((target) =>
  placesOf(target).flatMap((place) =>
    NUMBERS.map((number) => nearly(target, place, { words: String(number), make: () => number })),
  ),
);

/** Every call of the public API with a number in it that asks for more than there is: it may not take long either. */
export const sizes = door({
  name: 'sizes',
  input: fc.constantFrom(...calls),
  async enter(call) {
    const start = performance.now();
    await enter(call);
    // On a slow machine under load, and far below what a loop to 2³¹ takes.
    if (performance.now() - start > 10_000) throw new Error('It took more than 10 seconds.');
  },
});
