import fc from 'fast-check';
import { type Mutation, mutated, mutations } from '../../../support/mutations.js';

/** A change of bytes: some are cut out at a place, and others put there. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.constantFrom(0, 1, 1, 1, 2, 8, 1000),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom(Uint8Array.of(255), Uint8Array.of(0), Uint8Array.of(0x7f, 0xff, 0xff, 0xff)),
    fc
      .constantFrom('"', '{', '}', '[', ']', ',', '__proto__', '9', '-', '1e9', 'NaN', '(', "'", '\\u0000')
      .map((text) => new TextEncoder().encode(text)),
  ),
});

/** Files with up to three changes, and bytes of any kind. */
export const changed = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(fc.constantFrom(...files), fc.array(edit, { maxLength: 3 })).map(([file, edits]) =>
        edits.reduce((bytes, { at, cut, put }) => {
          const place = Math.floor(at * bytes.length);
          return Uint8Array.of(...bytes.subarray(0, place), ...put, ...bytes.subarray(place + cut));
        }, file),
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  );

/** Several changes, of which none leaves a value that the next cannot walk through. */
export const walkable = (maxLength: number) =>
  fc
    .array(mutations, { maxLength })
    .filter((all) => all.length < 2 || !all.some((one) => /hole|billion|itself|deep/.test(one.words)));

export const words = (all: readonly { readonly words: string }[]): string =>
  all.map((one) => one.words).join(', then ');

/** A state after changes, each at any place of what the one before left. */
export const steps = (given: unknown, all: readonly Mutation[]) =>
  all.reduce(
    ({ state, words: before }, one) => {
      const { state: next, words: last } = mutated(state, [one]);
      return { state: next, words: before ? `${before}; ${last}` : last };
    },
    { state: given, words: '' },
  );

/** Changes of a state that can be written as JSON. */
export const writable = (minLength: number, maxLength: number) =>
  fc.array(mutations, { minLength, maxLength }).filter((all) => !/hole|billion|itself|deep/.test(words(all)));

/** A state after changes, as JSON. */
export function jsonAfter(state: unknown, all: readonly Mutation[]): Uint8Array {
  const json = JSON.stringify(steps(state, all).state, (_, value: unknown) =>
    typeof value === 'bigint' ? 1 : value,
  ) as string | undefined;
  return new TextEncoder().encode(json ?? '');
}
