import { demandText, isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { demandList, readSerialized } from './config.js';

type Entries = Readonly<Record<string, unknown>>;

/** A layer of a model as its file states it. */
export interface StatedLayer {
  readonly className: string;
  readonly config: Entries;
  readonly name: string;
  readonly inputs: readonly string[];
}

/** The class of models whose layers follow one another. */
export const SEQUENTIAL = 'Sequential';
const FUNCTIONAL = ['Functional', 'Model'];

/** The layers one after the other. */
export function layersOf(where: string, className: string, config: Entries): readonly StatedLayer[] {
  const isSequential = className === SEQUENTIAL;
  if (!isSequential && !FUNCTIONAL.includes(className)) {
    const expected = `a model of class ${[SEQUENTIAL, ...FUNCTIONAL].join(', ')}`;
    throw new NormtapeError({ where, expected, received: className });
  }
  const stated = demandList(`${where}.layers`, Array.isArray(config) ? config : config['layers']).map(
    (layer, i) => readLayer(`${where}.layers.${i}`, layer),
  );
  if (isSequential) return stated;
  stated.forEach(({ inputs, name, className: kind }, i) => {
    const expected = i === 0 ? [] : [stated[i - 1]!.name];
    if (inputs.length === expected.length && inputs.every((input, k) => input === expected[k])) return;
    const hint =
      'Branches, such as those of Add, need a model that is written here: load its weights with loadFrom.';
    const layer = `${where}.layers.${i}, ${kind} ${name}`;
    throw new NormtapeError({
      where: layer,
      expected: `the input ${String(expected)}`,
      received: inputs,
      hint,
    });
  });
  return stated;
}

function readLayer(where: string, given: unknown): StatedLayer {
  const { className, config, rest } = readSerialized(where, given);
  const name = config['name'];
  if (typeof name !== 'string')
    throw new NormtapeError({ where, expected: 'a layer with a name', received: config });
  const nodes = rest['inbound_nodes'];
  const inputs =
    nodes === undefined ? [] : demandList(where, nodes).flatMap((node) => demandList(where, node));
  return { className, config, name, inputs: inputs.map((one) => inputOf(where, one)) };
}

/** The name of the layer that an input comes from. */
function inputOf(where: string, node: unknown): string {
  const name: unknown = isList(node) ? node[0] : node;
  demandText(`${where}.inbound_nodes`, name);
  return name;
}
