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

/** How deep groups lie in that of a layer, and how much may be in all of them: attention has four layers of two weights. */
const [DEEPEST, MOST] = [3, 64];

/** The states of random generators, which cannot be carried over. */
const GENERATOR = 'seed_generator';

/**
 * Reads the weights of these layers. The states of optimizers, of metrics and of random generators are left out. What is
 * visited is limited by the layers, since any number of names may lead to one group.
 */
export const readContained = (
  where: string,
  bytes: Uint8Array,
  stated: readonly StatedLayer[],
): Promise<ContainedWeights> =>
  readHdf5(where, bytes, (root) => {
    const layers = root.names().includes(LAYERS) ? root.get(LAYERS) : undefined;
    if (!layers || !('names' in layers)) {
      const hint = 'Save it with Keras 3: model.save_weights("name.weights.h5"), or as a .keras file.';
      throw new NormtapeError({ where, expected: `a group ${LAYERS}`, received: root.names(), hint });
    }
    const known = new Set(containerNames(stated));
    return new Map(
      layers.names().map((name) => {
        const group = known.has(name) ? layers.get(name) : undefined;
        if (!group || !('names' in group))
          throw new NormtapeError({ where, expected: 'groups of the layers of the model', received: name });
        const found = new Map<string, NdArray>();
        collect(group, '', found, { depth: DEEPEST, names: MOST });
        return [name, found];
      }),
    );
  });

/** How much deeper a visit may go, and how many names it may still meet. */
interface Left {
  readonly depth: number;
  names: number;
}

function collect(group: Hdf5Group, path: string, found: Map<string, NdArray>, left: Left): void {
  const names = group.names();
  left.names -= names.length;
  if (left.depth < 0 || left.names < 0) {
    const expected = `at most ${MOST} weights of a layer, in groups at most ${DEEPEST} deep`;
    throw new NormtapeError({ where: group.where, expected, received: `${names.length} more` });
  }
  for (const name of names) {
    if (name === GENERATOR) continue;
    const one = group.get(name);
    // Older versions of Keras write the names of private fields.
    const own = path + name.replace(/^_/, '');
    if ('names' in one) {
      const below = { depth: left.depth - 1, names: left.names };
      collect(one, `${own}/`, found, below);
      left.names = below.names;
    } else if (found.has(own))
      throw new NormtapeError({ where: group.where, expected: 'names that differ', received: own });
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
