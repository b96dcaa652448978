import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import {
  type Dtype,
  Dense,
  Tensor,
  createWeightNormalization,
  normalizeWeights,
  vjp,
  weightNormalizationTypes,
} from '../../src/index.js';
import { reshape } from '../../src/array/index.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

type Named = Readonly<Record<string, Encoded>>;
type Flat = Encoded['data'];

interface PolarCase {
  readonly id: string;
  readonly config: { readonly units: number };
  readonly f32_exact_inputs: boolean;
  readonly x: Encoded;
  readonly weights: Named;
  readonly dy: readonly Encoded[];
  readonly exact: {
    readonly outputs: readonly Flat[];
    readonly dx: Flat;
    readonly dweights: Readonly<Record<string, Flat>>;
  };
}

/** The weights of the original layer by their names in a Dense with the norm. */
const NAMES = { radius: 'kernel_norm.radius', angles: 'kernel', bias: 'bias' } as const;

describe('norms of the kernel of a layer, against the original layers', () => {
  it('have a file of vectors for every type', () => {
    const files = readdirSync(new URL('./vectors/norms-weights', import.meta.url));
    const types = files.map((file) => file.replace('.json', ''));
    expect([...types, 'polar_weight_norm'].sort()).to.deep.equal([...weightNormalizationTypes]);
  });

  for (const { id, config, f32_exact_inputs, x, weights, dy, exact } of casesOf<PolarCase>(
    'norms/polar_weight_norm',
  )) {
    const check = (dtype: Dtype, relative: number, share: number) => {
      const layer = new Dense(config.units);
      layer.build(x.shape, { dtype });
      normalizeWeights(layer, 'polar_weight_norm');
      const given = Object.entries(NAMES).map(([theirs, ours]) => [ours, decode(weights[theirs]!, dtype)]);
      layer.loadStateDict(Object.fromEntries(given));
      const input = new Tensor(decode(x, dtype));
      const { value, pullback } = vjp(() => layer.forward(input));
      const loose = { relative, absolute: share * largest(numbers(dy[0]!.data)) };
      expectClose('y', value.value, numbers(exact.outputs[0]!), loose);
      const gradients = pullback(new Tensor(decode(dy[0]!, dtype)));
      expectClose('dx', gradients.of(input)!.value, numbers(exact.dx), loose);
      for (const [theirs, ours] of Object.entries(NAMES)) {
        const gradient = gradients.of(layer.namedParameters().get(ours)!)!.value;
        expectClose(`d${theirs}`, gradient, numbers(exact.dweights[theirs]!), loose);
      }
    };

    it(`${id} in float64`, () => check('float64', 1e-11, 1e-13));
    if (f32_exact_inputs) it(`${id} in float32`, () => check('float32', 1e-5, 1e-6));
  }
});

interface TorchCase {
  readonly id: string;
  readonly attributes: { readonly dim: number };
  readonly inputs: Named;
  readonly outputs: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly grads: Named;
}

describe('weight_norm, against PyTorch', () => {
  for (const { id, attributes, inputs, outputs, dy, grads } of casesOf<TorchCase>('torch/weight_norm')) {
    it(id, () => {
      const layer = createWeightNormalization('weight_norm', { axis: attributes.dim });
      const v = new Tensor(decode(inputs['v']!));
      layer.build(v.shape, { dtype: 'float64' });
      const g = decode(inputs['g']!);
      layer.loadStateDict({ gain: reshape(g, [g.size]) });
      const { value, pullback } = vjp(() => layer.forward(v));
      const loose = { relative: 1e-11, absolute: 1e-13 * largest(numbers(dy[0]!.data)) };
      expectClose('y', value.value, numbers(outputs[0]!.data), loose);
      const gradients = pullback(new Tensor(decode(dy[0]!)));
      expectClose('dv', gradients.of(v)!.value, numbers(grads['v']!.data), loose);
      const [gain] = layer.parameters();
      expectClose('dg', gradients.of(gain!)!.value, numbers(grads['g']!.data), loose);
    });
  }
});
