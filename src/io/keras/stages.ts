import { NormtapeError } from '../../error.js';
import type { StatedLayer, Topology } from './topology.js';

/** A sum of an input with what a chain of layers makes of it. */
export interface ResidualStage {
  readonly sum: StatedLayer;
  readonly part: readonly Stage[];
}

/** A part of a model that the next part reads: a layer, or a residual connection. */
export type Stage = StatedLayer | ResidualStage;

/** The class of layers that add their inputs. */
export const ADD = 'Add';

/** How deep residual connections may lie in one another. */
const DEEPEST = 32;

/**
 * The layers of a model, one after the other, with residual connections as parts.
 *
 * @throws {NormtapeError} If layers branch in another way, or one is not used.
 */
export function stagesOf(where: string, { layers, output }: Topology): readonly Stage[] {
  if (output === undefined) return layers;
  const places = new Map(layers.map((layer, i) => [layer.name, i]));
  const left = new Set(layers);
  const stages = chain(output, undefined, layers.length, 0);
  const [unused] = left;
  if (unused) {
    const expected = 'a layer that the output depends on, and no second input';
    throw new NormtapeError({ where: unused.where, expected, received: unused.inputs });
  }
  return stages;

  /** The layers from one after `start`, or from the input of the model, to this one, which comes before another. */
  function chain(end: string, start: string | undefined, before: number, depth: number): readonly Stage[] {
    const stages: Stage[] = [];
    let [name, next]: [string, number] = [end, before];
    while (name !== start) {
      const layer = layerAt(name, next);
      next = places.get(name)!;
      left.delete(layer);
      if (layer.className === ADD) {
        const { skip, made } = sides(layer);
        if (depth === DEEPEST) throw branching(layer, `residual connections at most ${DEEPEST} deep`);
        stages.push({ sum: layer, part: chain(made, skip, next, depth + 1) });
        name = skip;
        continue;
      }
      stages.push(layer);
      const [input, ...others] = layer.inputs;
      if (others.some((other) => other !== input)) throw branching(layer, 'one input');
      // Only an input of the model reads nothing.
      if (input === undefined) break;
      name = input;
    }
    return stages.reverse();
  }

  function layerAt(name: string, before: number): StatedLayer {
    const place = places.get(name);
    const layer = place === undefined ? undefined : layers[place];
    if (!layer || place! >= before) {
      const expected = 'layers listed after their inputs';
      throw new NormtapeError({ where, expected, received: name });
    }
    if (left.has(layer)) return layer;
    throw branching(layer, 'one layer that reads its output');
  }

  /** The input of a sum that its other input is made of, which comes later. */
  function sides(layer: StatedLayer): { readonly skip: string; readonly made: string } {
    const [a, b, ...more] = layer.inputs;
    const [first, second] = [a, b].map((name) => (name === undefined ? undefined : places.get(name)));
    if (first === undefined || second === undefined || first === second || more.length)
      throw branching(layer, 'two inputs, of which one is made of the other');
    return first < second ? { skip: a!, made: b! } : { skip: b!, made: a! };
  }
}

function branching({ where, inputs }: StatedLayer, expected: string): NormtapeError {
  const hint =
    'The only branches that can be read are residual connections, x + f(x). Write the model here, and load its weights with loadFrom.';
  return new NormtapeError({ where, expected, received: inputs, hint });
}
