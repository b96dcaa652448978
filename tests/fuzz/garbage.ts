import fc from 'fast-check';

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** An object that throws whenever a property is read. */
const hostile = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('read');
      },
    },
  );

const circular = (): object => {
  const list: unknown[] = [];
  list[0] = list;
  return list;
};

/**
 * A value that is made at the last moment, because fast-check reads the values that it generates, and reading some
 * throws.
 */
export interface Garbage {
  readonly words: string;
  readonly make: () => unknown;
}

const makers: Readonly<Record<string, () => unknown>> = {
  'a symbol': () => Symbol('s'),
  'an object without prototype': () => Object.create(null) as unknown,
  'an object whose toString is 1': () => ({ toString: 1 }),
  'an invalid date': () => new Date(NaN),
  'a map': () => new Map([[1, 2]]),
  'a typed array': () => new Float32Array([1, NaN]),
  'an array of bigints': () => new BigInt64Array(2),
  'a promise': () => Promise.resolve(1),
  'a function': () => () => 1,
  'an async function': () => async () => 1,
  'a function that throws': () => () => {
    throw new TypeError('thrown by a stranger');
  },
  'a class': () => Map,
  'an error': () => new Error('an error'),
  'a revoked proxy': revoked,
  'an object that throws when it is read': hostile,
  'a list that holds itself': circular,
};

const plain: fc.Arbitrary<Garbage> = fc
  .oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      '',
      'x',
      NaN,
      Infinity,
      -1,
      0,
      -0,
      1.5,
      2 ** 31,
      2 ** 53,
      1e300,
    ),
    fc.constantFrom<unknown>(10n, {}, []),
    fc.anything({ maxDepth: 2, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
  )
  .map((value) => ({ words: fc.stringify(value), make: () => value }));

/** Values of every kind in JavaScript that no argument of Normtape expects. */
export const garbage: fc.Arbitrary<Garbage> = fc.oneof(
  plain,
  fc.constantFrom(...Object.entries(makers).map(([words, make]) => ({ words, make }))),
);
