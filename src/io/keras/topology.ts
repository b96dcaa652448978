import { demandText, isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { isPlainObject } from '../../option/index.js';
import { LayerConfig, demandList, readSerialized } from './config.js';

type Entries = Readonly<Record<string, unknown>>;

/** A layer of a model as its file states it. */
export interface StatedLayer {
  /** Its place in the file, for errors. */
  readonly where: string;
  readonly className: string;
  readonly config: Entries;
  readonly name: string;
  /** The layers whose outputs are its arguments, in order. */
  readonly inputs: readonly string[];
  /** Its other arguments. */
  readonly call: Entries;
}

/** The layers of a model as its file states them. */
export interface Topology {
  readonly layers: readonly StatedLayer[];
  /** The layer whose output is that of the model; undefined if they follow one another in order. */
  readonly output: string | undefined;
}

/** The class of models whose layers follow one another. */
export const SEQUENTIAL = 'Sequential';
/** The class of models whose layers state their inputs. */
export const FUNCTIONAL = 'Functional';
const FUNCTIONALS = [FUNCTIONAL, 'Model'];

/** The layers of a model. */
export function readTopology(where: string, className: string, config: Entries): Topology {
  const isSequential = className === SEQUENTIAL;
  if (!isSequential && !FUNCTIONALS.includes(className)) {
    const expected = `a model of class ${[SEQUENTIAL, ...FUNCTIONALS].join(', ')}`;
    throw new NormtapeError({ where, expected, received: className });
  }
  const layers = demandList(`${where}.layers`, Array.isArray(config) ? config : config['layers']).map(
    (layer, i) => readLayer(where, i, layer),
  );
  const names = new Set<string>();
  for (const { where: own, name } of layers) {
    if (names.has(name))
      throw new NormtapeError({ where: own, expected: 'names that differ', received: name });
    names.add(name);
  }
  if (isSequential) return { layers, output: undefined };
  return { layers, output: outputOf(`${where}.output_layers`, config['output_layers'], layers) };
}

/** The only output of a model: a place in a graph, or a list of one. */
function outputOf(where: string, stated: unknown, layers: readonly StatedLayer[]): string {
  if (stated === undefined && layers.length) return layers.at(-1)!.name;
  const [first] = isList(stated) ? stated : [];
  return placeOf(where, isList(first) && (stated as readonly unknown[]).length === 1 ? first : stated);
}

function readLayer(where: string, i: number, given: unknown): StatedLayer {
  const { className, config, rest } = readSerialized(`${where}.layers.${i}`, given);
  const name = config['name'];
  if (typeof name !== 'string')
    throw new NormtapeError({
      where: `${where}.layers.${i}`,
      expected: 'a layer with a name',
      received: config,
    });
  const own = `${where}: layers.${i}, ${className} ${name}`;
  return { where: own, className, config, name, ...readNodes(`${own}.inbound_nodes`, rest['inbound_nodes']) };
}

type Called = Pick<StatedLayer, 'inputs' | 'call'>;

/** How a layer is called: by one node, in the form of Keras 3, or of Keras 2 and TensorFlow.js. */
function readNodes(where: string, stated: unknown): Called {
  const [node, ...more] = stated === undefined ? [] : demandList(where, stated);
  if (more.length) {
    const hint =
      'A layer that is called twice shares its weights. Write the model here, and load its weights.';
    throw new NormtapeError({
      where,
      expected: 'one call of the layer',
      received: `${more.length + 1}`,
      hint,
    });
  }
  if (node === undefined) return { inputs: [], call: {} };
  if (!isPlainObject(node)) return readOldNode(where, demandList(where, node));
  const { args, kwargs } = node;
  const inputs: string[] = [];
  collect(where, args, inputs, 0);
  return withArguments(where, inputs, kwargs);
}

/** The arguments of a call beside its inputs; those that are outputs of layers are inputs too. */
function withArguments(where: string, inputs: readonly string[], given: unknown): Called {
  const more = [...inputs];
  const call: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(isPlainObject(given) ? given : {})) {
    if (isTensor(value)) collect(where, value, more, 0);
    else if (isList(value) && typeof value[0] === 'string' && value.length >= 3)
      more.push(placeOf(where, value));
    else if (value !== null) call[key] = value;
  }
  return { inputs: more, call };
}

const TENSOR = '__keras_tensor__';

const isTensor = (value: unknown): value is Entries => isPlainObject(value) && value['class_name'] === TENSOR;

/** How deep the arguments of a layer may be nested: Add takes a list. */
const DEEPEST = 3;

/** Appends the layers whose outputs these arguments are. */
function collect(where: string, given: unknown, inputs: string[], depth: number): void {
  if (isTensor(given)) {
    const { keras_history: history } = isPlainObject(given['config']) ? given['config'] : {};
    inputs.push(placeOf(where, history));
  } else if (isList(given) && depth < DEEPEST) {
    for (const one of given) collect(where, one, inputs, depth + 1);
  } else throw new NormtapeError({ where, expected: 'outputs of layers as arguments', received: given });
}

function readOldNode(where: string, node: readonly unknown[]): Called {
  const calls = typeof node[0] === 'string' ? [node] : node;
  const all = calls.map((one) => {
    const [, , , kwargs = {}] = isList(one) ? one : [];
    return withArguments(where, [placeOf(where, one)], kwargs);
  });
  return {
    inputs: all.flatMap(({ inputs }) => inputs),
    call: Object.fromEntries(all.flatMap(({ call }) => Object.entries(call))),
  };
}

/** The layer of a place in a graph, which is the first output of its first call. */
function placeOf(where: string, place: unknown): string {
  const [name, node = 0, output = 0]: readonly unknown[] = isList(place) ? place : [place];
  demandText(where, name);
  if (node === 0 && output === 0) return name;
  throw new NormtapeError({ where, expected: `the only output of ${name}`, received: [node, output] });
}

/** The arguments of a call beside its inputs, each of which must be read. */
export const callOf = ({ where, call }: StatedLayer): LayerConfig => new LayerConfig(`${where}: call`, call);
