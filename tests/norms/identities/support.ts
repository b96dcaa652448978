import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, ROUNDOFF, Random, draw, flat } from '../../../src/array/index.js';
import { Tensor } from '../../../src/autograd/tape.js';
import { vjp } from '../../../src/autograd/vjp.js';
import type { NormalizationLayer } from '../../../src/norms/layer.js';
import {
  type NormalizationConfig,
  type NormalizationType,
  createNormalizationFromConfig,
} from '../../../src/norms/normalizations.js';
import { arrays } from '../../support/arbitraries.js';
import { runs } from '../../support/runs.js';

export type Layer = NormalizationLayer;

/** A layer of a type at its start. */
export const fresh = (type: NormalizationType, options: object = {}): Layer =>
  createNormalizationFromConfig({ ...options, type } as NormalizationConfig) as Layer;

/** A layer with random weights of both signs. */
export function layerWith(type: NormalizationType, options: object, shape: readonly number[]): Layer {
  const layer = fresh(type, options);
  layer.build([1, ...shape], { dtype: 'float64' });
  const random = new Random(9);
  const weights = [...layer.namedParameters().keys()];
  layer.loadStateDict(
    Object.fromEntries(weights.map((name) => [name, draw(shape, () => random.normal(), 'float64')])),
  );
  return layer;
}

/** The outputs and the gradient of x, for fixed random gradients of the outputs. */
export function run(layer: unknown, x: NdArray, only?: number) {
  const input = new Tensor(x);
  const { value, pullback } = vjp(() => {
    const outputs = [(layer as Layer).forward(input)].flat() as readonly Tensor[];
    return only === undefined ? outputs : [outputs[only]!];
  });
  const random = new Random(1);
  const seeds = value.map(({ shape }) => new Tensor(draw(shape, () => random.normal(), 'float64')));
  return [...value.map((y) => [...flat(y.value)]), [...flat(pullback(seeds).of(input)!.value)]];
}

/** Equal in real arithmetic, so within 4 (N + 8) u of the largest, for groups of up to N numbers. */
const N = 12;
export const close = (actual: number[][], expected: number[][], factor = 1): void => {
  actual.forEach((list, k) => {
    const largest = Math.max(1, ...expected[k]!.map((value) => Math.abs(factor * value)));
    list.forEach((value, i) =>
      expect(value).to.be.closeTo(factor * expected[k]![i]!, 4 * (N + 8) * ROUNDOFF.float64 * largest),
    );
  });
};

export const given = (check: (x: NdArray, epsilon: number) => void, shape: readonly number[] = [3, 4]) =>
  fc.assert(
    fc.property(arrays(shape), fc.constantFrom(1e-6, 0.01, 0.5), (x, epsilon) => check(x, epsilon)),
    { numRuns: runs(0.5) },
  );
