import type { StatedLayer } from './topology.js';

/** The name of a class in an HDF5 file: Keras puts an underscore before a word that begins with a capital letter. */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/**
 * The groups of layers in an HDF5 file of Keras 3: their classes, counted from the second of a class on. Their names may
 * be others.
 */
export function containerNames(layers: readonly Pick<StatedLayer, 'className'>[]): readonly string[] {
  const counts = new Map<string, number>();
  return layers.map(({ className }) => {
    const name = snakeCase(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}
