import fc from 'fast-check';
import { createNormalizationFromConfig, normalizationTypes, tensor } from '../../../src/index.js';
import { door } from '../door.js';
import { garbage } from '../garbage.js';

const key = fc.oneof(
  fc.constantFrom(
    'type',
    'axis',
    'epsilon',
    'momentum',
    'groups',
    'dtype',
    'gammaInitializer',
    'max_band_width',
  ),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);

const options = fc.array(fc.tuple(key, garbage), { maxLength: 4 });

/** Configurations as objects: what JSON can hold and what it cannot. */
export const factory = door({
  name: 'factory',
  input: fc.oneof(
    garbage.map(({ words, make }) => ({ words, config: make })),
    fc.tuple(fc.constantFrom(...normalizationTypes), options).map(([type, given]) => ({
      words: `${type} with ${given.map(([name, { words }]) => `${name}: ${words}`).join(', ')}`,
      config: () => ({ type, ...Object.fromEntries(given.map(([name, { make }]) => [name, make()])) }),
    })),
  ),
  enter({ config }) {
    createNormalizationFromConfig(config() as never).forward(
      tensor([
        [1, 2, 4],
        [3, 5, 9],
      ]),
    );
  },
});
