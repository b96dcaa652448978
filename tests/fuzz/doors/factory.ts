import fc from 'fast-check';
import {
  NormtapeError,
  checkNormalizationConfig,
  chooseNormalization,
  createNormalizationFromConfig,
  createNormalizationLayer,
  defineNormalizations,
  getNormalizationInfo,
  normalization,
  normalizationTypes,
  norms,
  tensor,
  validateNormalizationConfig,
} from '../../../src/index.js';
import { constraints } from '../../../src/nn/constraints.js';
import { initializers } from '../../../src/nn/initializers.js';
import { regularizers } from '../../../src/nn/regularizers.js';
import type { NormalizationLayer } from '../../../src/norms/layer.js';
import type { Norm } from '../../../src/norms/norm.js';
import { type Family, type Option, aliasesOf, entriesOf, snakeCase } from '../../../src/option/index.js';
import { door } from '../door.js';
import { type Garbage, garbage } from '../garbage.js';

const made = (value: unknown): Garbage => ({ words: fc.stringify(value), make: () => value });

/** A dictionary that is made at the last moment, because reading its values may throw. */
const dictionary = (entries: readonly (readonly [string, Garbage])[]): Garbage => ({
  words: `{ ${entries.map(([key, { words }]) => `${JSON.stringify(key)}: ${words}`).join(', ')} }`,
  make: () => Object.fromEntries(entries.map(([key, { make }]) => [key, make()])),
});

/** A value, perhaps disguised by getters, proxies, missing prototypes or nesting. */
const disguised = (inner: fc.Arbitrary<Garbage>): fc.Arbitrary<Garbage> =>
  fc.oneof(
    { weight: 6, arbitrary: inner },
    inner.map(({ words, make }) => ({
      words: `without a prototype: ${words}`,
      make: () => {
        const entries = entriesOf(make());
        return entries && Object.assign(Object.create(null) as object, Object.fromEntries(entries));
      },
    })),
    inner.map(({ words, make }) => ({
      words: `behind a proxy: ${words}`,
      make: () => {
        const value = make();
        return Object(value) === value ? new Proxy(value as object, {}) : value;
      },
    })),
    fc.tuple(inner, fc.constantFrom('get', 'ownKeys', 'getPrototypeOf', 'has')).map(([one, trap]) => ({
      words: `behind a proxy whose ${trap} throws: ${one.words}`,
      make: () => {
        const value = one.make();
        const handler = {
          [trap]: () => {
            throw new TypeError('a trap');
          },
        };
        return Object(value) === value ? new Proxy(value as object, handler) : value;
      },
    })),
    fc.tuple(inner, fc.nat(6)).map(([one, depth]) => ({
      words: `${10 ** depth} deep: ${one.words}`,
      make: () => {
        let value: unknown = one.make();
        for (let i = 0; i < Math.min(10 ** depth, 20_000); i++) value = { type: value };
        return value;
      },
    })),
  );

const near = fc.constantFrom(0, -1, 1, 2, 1e-6, 0.5, 1e-320, 1e308, NaN, Infinity, 2 ** 53, -0, 1.5);

/** Values of one option, most of them valid. */
function valueOf(option: Option): fc.Arbitrary<Garbage> {
  switch (option.kind) {
    case 'number':
      return fc
        .oneof(near, fc.double({ min: option.explore[0], max: option.explore[1], noNaN: true }))
        .map(made);
    case 'numbers':
      return fc.array(near, { maxLength: 3 }).map(made);
    case 'number or word':
      return fc.oneof(near, fc.constantFrom(...option.words)).map(made);
    case 'number or null':
      return fc.oneof(near, fc.constant(null)).map(made);
    case 'choice':
      return fc.constantFrom(...option.choices).map(made);
    case 'flag':
      return fc.boolean().map(made);
    case 'text':
      return fc.string({ unit: 'binary', maxLength: 5 }).map(made);
    case 'part':
      return partOf(option.family);
    case 'seed':
    case 'axis':
    case 'axes': {
      const axis = fc.integer({ min: -3, max: 2 });
      return fc.oneof(axis, fc.array(axis, { maxLength: 3 })).map(made);
    }
  }
}

/** A part by its name, or as a dictionary of its type and options. */
const partOf = (family: Family): fc.Arbitrary<Garbage> =>
  fc
    .constantFrom(...Object.keys(family))
    .chain((type) =>
      fc.oneof(
        fc.constant(made(type)),
        disguised(
          given(family[type]!.options).map((entries) => dictionary([['type', made(type)], ...entries])),
        ),
      ),
    );

const strange = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'then', 'gammaInitializer', 'name'),
);

/** Options by their names in both spellings; now and then an unknown one, and an invalid value. */
const given = (options: Readonly<Record<string, Option>>): fc.Arbitrary<(readonly [string, Garbage])[]> => {
  const known = Object.entries(options).map(([name, option]) => {
    const names = [name, ...aliasesOf(option)];
    const key = fc.constantFrom(...names.flatMap((each) => [each, snakeCase(each)]));
    return fc.tuple(key, fc.oneof({ weight: 8, arbitrary: valueOf(option) }, garbage, disguised(parts)));
  });
  const unknown = fc.tuple(strange, garbage);
  const entry = fc.oneof(...known.map((arbitrary) => ({ weight: 4, arbitrary })), unknown);
  return fc.array(entry, { maxLength: 3 });
};

const parts: fc.Arbitrary<Garbage> = fc.oneof(
  ...[initializers, constraints, regularizers].map((family) =>
    fc.constantFrom(...Object.keys(family)).map((type) => dictionary([['type', made(type)]])),
  ),
  fc.constant(dictionary([['type', { words: '{ toString: 1 }', make: () => ({ toString: 1 }) }]])),
);

/** A definition with one field replaced or removed. */
const definition: fc.Arbitrary<Garbage> = fc
  .tuple(
    fc.constantFrom<Norm>(...Object.values(norms)),
    fc.constantFrom<keyof Norm>(
      'type',
      'options',
      'ignores',
      'parameters',
      'state',
      'outputs',
      'accepts',
      'mask',
      'traits',
      'reference',
      'notes',
      'invariants',
      'apply',
    ),
    fc.oneof(
      garbage,
      disguised(
        fc.dictionary(fc.string({ maxLength: 3 }), garbage).map((one) => dictionary(Object.entries(one))),
      ),
    ),
  )
  .map(([norm, field, value]) => ({
    words: `${norm.type} with ${field}: ${value.words}`,
    make: () => ({ ...norm, [field]: value.make() }),
  }));

const x = tensor([
  [1, 2, 4],
  [3, 5, 9],
]);

interface Throw {
  readonly words: string;
  readonly enter: () => void;
}

const type = fc.constantFrom(...normalizationTypes);

/** A type with options that are almost valid. */
const stated = type.chain((name) =>
  fc.tuple(fc.constant(name), given({ ...norms[name].options, ...(norms[name] as Norm).ignores })),
);

const configs: fc.Arbitrary<Throw> = disguised(
  fc.oneof(
    { weight: 1, arbitrary: garbage },
    { weight: 9, arbitrary: stated.map(([name, options]) => dictionary([['type', made(name)], ...options])) },
  ),
).map(({ words, make }) => ({
  words: `createNormalizationFromConfig(${words})`,
  enter: () => void createNormalizationFromConfig(make() as never).forward(x),
}));

const options: fc.Arbitrary<Throw> = fc
  .tuple(stated, garbage, fc.constantFrom('type', 'options', 'neither'))
  .map(([[name, entries], other, wrong]) => {
    const type = wrong === 'type' ? other : made(name);
    const given = wrong === 'options' ? other : dictionary(entries);
    return {
      words: `(${type.words}, ${given.words})`,
      enter: () => {
        const [one, values] = [type.make() as never, given.make() as never];
        const mistakes = checkNormalizationConfig(one, values);
        for (const mistake of mistakes) new NormtapeError(mistake);
        if (mistakes.length === 0) validateNormalizationConfig(one, values);
        if (mistakes.length === 0) createNormalizationLayer(one, given.make() as never);
        (createNormalizationLayer(one, values) as NormalizationLayer).forward(x);
      },
    };
  });

const definitions: fc.Arbitrary<Throw> = fc
  .tuple(fc.oneof({ weight: 1, arbitrary: garbage }, { weight: 9, arbitrary: definition }), garbage)
  .map(([one, other]) => ({
    words: `normalization(${one.words}, ${other.words})`,
    enter: () => {
      const made = one.make();
      normalization(made as never);
      normalization(made as never, other.make() as never);
    },
  }));

const catalogs: fc.Arbitrary<Throw> = fc
  .tuple(type, fc.oneof({ weight: 1, arbitrary: garbage }, { weight: 9, arbitrary: definition }))
  .map(([name, { words, make }]) => ({
    words: `defineNormalizations({ ${name}: ${words} })`,
    enter: () => {
      const member = make();
      const own = defineNormalizations({ [typeIn(member) ?? name]: member } as never);
      own.getNormalizationInfo();
      own.chooseNormalization('speed');
      own.createNormalizationFromConfig({ type: name } as never);
    },
  }));

/** The type that a definition states; undefined if it cannot be read. */
function typeIn(member: unknown): string | undefined {
  try {
    const { type } = member as Norm;
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

const others: fc.Arbitrary<Throw> = garbage.map(({ words, make }) => ({
  words: `chooseNormalization, defineNormalizations and an error of ${words}`,
  enter: () => {
    getNormalizationInfo();
    new NormtapeError({ where: 'a place', expected: 'a thing', received: make() });
    defineNormalizations(make() as never);
    chooseNormalization(make() as never);
  },
}));

/** The door of the factory: configurations, types, options and definitions that are almost valid. */
export const factory = door({
  name: 'factory',
  input: fc.oneof(
    { weight: 4, arbitrary: configs },
    { weight: 4, arbitrary: options },
    { weight: 1, arbitrary: definitions },
    { weight: 1, arbitrary: catalogs },
    { weight: 1, arbitrary: others },
  ),
  enter: ({ enter }) => {
    try {
      enter();
    } catch (error) {
      // A definition is code: errors of its own functions are passed on to the caller.
      if (!(error instanceof TypeError && error.message === 'thrown by a stranger')) throw error;
    }
  },
});
