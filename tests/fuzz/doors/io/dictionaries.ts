import fc from 'fast-check';
import { createNormalizationFromConfig, norms } from '../../../../src/index.js';
import { configFromKeras } from '../../../../src/io/index.js';
import { KERAS_DICTIONARIES } from '../../../support/keras-dictionaries.js';
import { door } from '../../door.js';
import { steps, walkable } from './changes.js';

/** Layers as Keras serializes them, with changes. */
export const dictionaries = door({
  name: 'dictionaries of Keras',
  input: fc
    .tuple(
      fc.constantFrom(
        ...KERAS_DICTIONARIES,
        ...['__proto__', 'constructor'].map((name) => ({ class_name: name, config: {} })),
      ),
      walkable(3),
    )
    .map(([dictionary, all]) => ({
      words: `${dictionary.class_name}: ${steps(dictionary, all).words}`,
      make: () => steps(dictionary, all).state,
    })),
  enter({ make }) {
    const { type, options } = configFromKeras(make() as object);
    if (type in norms) createNormalizationFromConfig({ type, ...options } as never);
  },
});
