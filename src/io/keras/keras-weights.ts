import type { NdArray } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { type Hdf5Group, readHdf5 } from '../hdf5/file.js';
import type { WeightSource } from './assembled.js';
import { containerNames } from './container-names.js';
import type { StatedLayer } from './topology.js';

/** The weights of a file by the groups of their layers and their paths below. */
export type ContainedWeights = ReadonlyMap<string, ReadonlyMap<string, NdArray>>;

/** The group that holds those of layers. */
export const LAYERS = 'layers';
/** The group of a layer's own weights. */
export const VARIABLES = 'vars';

/** How deep groups lie in that of a layer, and how much may be in it: attention has four layers, and each two weights. */
const [DEEPEST, MOST] = [3, 64];

/** The states of random generators, which cannot be carried over. */
const GENERATOR = 'seed_generator';

/** Reads the weights of layers; the states of optimizers, of metrics and of random generators are left out. */
export const readContained = (where: string, bytes: Uint8Array): Promise<ContainedWeights> =>
  readHdf5(where, bytes, (root) => {
    const layers = root.names().includes(LAYERS) ? root.get(LAYERS) : undefined;
    if (!layers || !('names' in layers)) {
      const hint = 'Save it with Keras 3: model.save_weights("name.weights.h5"), or as a .keras file.';
      throw new NormtapeError({ where, expected: `a group ${LAYERS}`, received: root.names(), hint });
    }
    return new Map(
      layers.names().map((name) => {
        const found = new Map<string, NdArray>();
        const group = layers.get(name);
        if ('names' in group) collect(group, '', found, 0);
        else
          throw new NormtapeError({ where: `${where}: ${name}`, expected: 'a group', received: 'an array' });
        return [name, found];
      }),
    );
  });

function collect(group: Hdf5Group, path: string, found: Map<string, NdArray>, depth: number): void {
  const names = group.names();
  if (depth > DEEPEST || names.length > MOST) {
    const expected = `at most ${MOST} weights of a layer, in groups at most ${DEEPEST} deep`;
    throw new NormtapeError({ where: group.where, expected, received: names.length });
  }
  for (const name of names) {
    if (name === GENERATOR) continue;
    const one = group.get(name);
    // Older versions of Keras write the names of private fields.
    const own = path + name.replace(/^_/, '');
    if ('names' in one) collect(one, `${own}/`, found, depth + 1);
    else if (found.has(own))
      throw new NormtapeError({ where: one.shape.join(), expected: 'names that differ', received: own });
    else found.set(own, one);
  }
}

/** The weights for the layers of a model. */
export function containedIn(layers: readonly StatedLayer[], weights: ContainedWeights): WeightSource {
  const names = containerNames(layers);
  const groups = new Map(layers.map((layer, i) => [layer, names[i]!]));
  const left = new Set(
    [...weights].flatMap(([group, own]) => [...own.keys()].map((path) => `${group}/${path}`)),
  );
  return {
    find(layer, { at }, number) {
      const group = groups.get(layer)!;
      const path = at ?? `${VARIABLES}/${number}`;
      left.delete(`${group}/${path}`);
      return weights.get(group)?.get(path);
    },
    left: () => left.values().next().value,
  };
}
