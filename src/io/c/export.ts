import { sizeOf } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { type Module, demandModule } from '../../nn/module.js';
import { flag, resolveBeside } from '../../option/index.js';
import { type BatchShape, demandBatchShape } from '../graph/inputs.js';
import { type Node, type Output, inOrder } from '../graph/node.js';
import { forwardGraph } from '../graph/trace.js';
import { comment } from '../source/names.js';
import { type Content, File } from './file.js';
import { foldedCopy } from './folded.js';
import { isName } from './text.js';

const OPTIONS = { tokens: flag(false, 'Whether the input is token ids, which are whole numbers.') };

/** The options of `exportC`. */
export interface COptions {
  /** The shape of the input, such as ['batch', 12]; the batch is one sample. */
  readonly input: BatchShape;
  /** Whether the input is token ids, which are whole numbers. Default: false. */
  readonly tokens?: boolean;
  /** What all names in the file begin with. Default: 'model'. */
  readonly name?: string;
}

/**
 * The inference of a model (eval mode) as the text of a C99 header: one sample at a time in float32, in static memory.
 * The code needs only `math.h`. Norms that are constant at inference are folded into adjacent layers.
 *
 * @throws {NormtapeError} With the paths of everything that cannot be exported; if the model is not built, or of
 * float64; if an option is wrong.
 */
export function exportC(model: Module, options: COptions): string {
  return headerOf('exportC', model, options).text;
}

/** The header of a model, and the function that each layer became. */
export function headerOf(
  where: string,
  model: Module,
  options: COptions,
): { readonly text: string; readonly layers: Content['layers'] } {
  demandModule(where, model);
  const { tokens, input: given, name = 'model' } = resolveBeside(where, OPTIONS, options, ['input', 'name']);
  if (!isName(name)) {
    const expected = 'a name of C that is no word of the language, such as model';
    throw new NormtapeError({ where: `${where}.name`, expected, received: name });
  }
  demandBatchShape(`${where}.input`, given);
  const input = given.map((size) => (size === 'batch' ? 1 : size));
  const wide = [...model.namedParameters(), ...model.statistics()].filter(
    ([, { dtype }]) => dtype === 'float64',
  );
  if (wide.length > 0) {
    const received = wide.map(([path]) => path);
    throw new NormtapeError({ where, expected: 'weights of float32', received });
  }
  const traced = (of: Module) => forwardGraph(where, of, { tokens, input }, { isWhole: true });
  // The model itself comes first, so that errors are about it and not about a copy.
  const own = traced(model);
  const { model: folded, remarks } = foldedCopy(model);
  const graph = folded === model ? own : traced(folded);
  const file = new File(
    name,
    graph.inputs as readonly Node[],
    apart(graph.outputs as readonly Output<number>[]),
  );
  const content = file.content();
  return { text: written(name, file, content, remarks), layers: content.layers };
}

/** The outputs, each as a node of its own: one that is an input, a weight, or another output is copied. */
function apart(outputs: readonly Output<number>[]): readonly Output<number>[] {
  const taken = new Set<Node>(
    inOrder(outputs.map(({ node }) => node)).filter(({ inputs }) => inputs.length === 0),
  );
  return outputs.map(({ name, node }) => {
    const isTaken = taken.has(node);
    taken.add(node);
    const copy: Node = { kind: 'stop', inputs: [node], shape: node.shape, attributes: {} };
    return { name, node: isTaken ? copy : node };
  });
}

function written(name: string, file: File, content: Content, remarks: readonly string[]): string {
  const upper = name.toUpperCase();
  const { weightBytes, floats, reals, code } = content;
  const sizes = [
    ...file.inputs.map((node) => ['input', node] as const),
    ...file.outputs.map((one) => [one.name, one.node] as const),
  ];
  const stated = sizes.map(([of, { shape }]) => `${of} [${shape.join(', ')}]`).join(', ');
  return [
    `/* Inference of one sample in float32: ${stated}.`,
    ' *',
    ' * Include this file in one source file, and call',
    ' *',
    ` *   ${name}_predict(${sizes.map(([of]) => of).join(', ')});`,
    ' *',
    ` * Constants: ${weightBytes} bytes. Static memory: ${4 * floats + 8 * reals} bytes, so one call at a time.`,
    ` * Sums and what is not stored are ${upper}_REAL, a double; -D${upper}_REAL=float is faster where there is no unit for`,
    ' * doubles, and less exact.',
    ...remarks.map((remark) => ` * ${comment(remark)}`),
    ' * Written by normtape (exportC). */',
    `#ifndef ${upper}_H`,
    `#define ${upper}_H`,
    '',
    '#include <math.h>',
    '',
    `#ifndef ${upper}_REAL`,
    `#define ${upper}_REAL double`,
    '#endif',
    '',
    ...sizes.map(([of, { shape }]) => `#define ${upper}_${of.toUpperCase()}_SIZE ${sizeOf(shape)}`),
    `#define ${upper}_CONSTANT_BYTES ${weightBytes}`,
    `#define ${upper}_MEMORY_BYTES (${floats} * sizeof(float) + ${reals} * sizeof(${upper}_REAL))`,
    '',
    code,
    '',
    '#endif',
    '',
  ].join('\n');
}
