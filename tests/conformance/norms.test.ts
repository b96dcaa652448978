import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { type Dtype, type NdArray, fromSource } from '../../src/array/index.js';
import type { Gradients } from '../../src/autograd/gradients.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { createNormalizationLayer, normalizationTypes } from '../../src/norms/normalizations.js';
import { type NormalizationType, createNormalizationLayer as create } from '../support/every-norm.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

/** Files of vectors for layers that are not in the catalog. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  keras_rms_normalization: 'comes with a later issue',
  polar_weight_norm: 'is tried as the kernel of a Dense, in weights.test.ts',
};

type Named = Readonly<Record<string, Encoded>>;
type Flat = readonly (number | 'NaN' | 'Infinity' | '-Infinity')[];

interface Case {
  readonly id: string;
  readonly config: object;
  readonly training?: boolean;
  readonly tags: readonly string[];
  readonly f32_exact_inputs: boolean;
  readonly x: Encoded;
  readonly weights: Named;
  readonly state?: Named;
  /** The inputs besides x. */
  readonly inputs?: Named;
  readonly mask?: Encoded;
  readonly dy: readonly Encoded[];
  readonly outputs: readonly (Encoded & { readonly name: string })[];
  readonly dx: Encoded;
  readonly dweights: Named;
  readonly dinputs?: Named;
  /** The weights that the call sets, and the statistics that its backward pass leaves. */
  readonly weights_after?: Named;
  readonly state_after_backward?: Named;
  readonly regularization_loss?: number;
  readonly exact: {
    readonly outputs: readonly Flat[];
    readonly dx: Flat | null;
    readonly dweights: Readonly<Record<string, Flat>> | null;
    readonly state_after: Readonly<Record<string, Flat>> | null;
    readonly dinputs?: Readonly<Record<string, Flat>>;
  };
}

/** The layer on the tape: its outputs and its backward pass. */
const run = (layer: NormalizationLayer, x: Tensor, beside: Readonly<Record<string, Tensor>> = {}) =>
  vjp(() => [layer.forward(x, beside)].flat() as readonly Tensor[]);

const gradient = (gradients: Gradients, leaf: Tensor): NdArray => gradients.of(leaf)!.value;

/** The weights in the shape of the layer: the original reads a list of unordered axes in memory order. */
const shaped = (layer: NormalizationLayer, named: Named, dtype: Dtype): Record<string, NdArray> => {
  const own = layer.stateDict();
  return Object.fromEntries(
    Object.entries(named).map(([name, { data, shape }]) => {
      const fitting = own[name]?.shape ?? shape;
      return [name, fromSource(Float64Array.from(numbers(data)), { shape: fitting, dtype })];
    }),
  );
};

/** Statistics without the count of steps, if the layer keeps none: the vectors count them under all options. */
const keptBy = <V>(own: object, named: Readonly<Record<string, V>> = {}): Readonly<Record<string, V>> =>
  Object.fromEntries(Object.entries(named).filter(([name]) => name !== 'steps' || name in own));

/** Badly conditioned cases, in which 60 digits differ from float64 by more than roundings of the result. */
const EXTREME = 1e-7;

function check(one: Case, type: NormalizationType, dtype: Dtype, precision: number, share: number): void {
  const relative = one.tags.includes('extreme') ? Math.max(precision, EXTREME) : precision;
  const { config, training = true, x, weights, dy, exact, tags } = one;
  const layer = create(type, config);
  const input = new Tensor(decode(x, dtype));
  layer.build(input.shape, { dtype });
  const own = layer.stateDict();
  const state = keptBy(own, one.state);
  if (!tags.includes('quirk')) {
    for (const [name, { shape }] of Object.entries({ ...weights, ...state }))
      expect(own[name]?.shape, name).to.deep.equal(shape);
  }
  layer.loadStateDict({ ...shaped(layer, weights, dtype), ...shaped(layer, state, dtype) });
  if (!training) layer.eval();

  const inputs = Object.fromEntries(
    Object.entries(one.inputs ?? {}).map(([name, a]) => [name, new Tensor(decode(a, dtype))]),
  );
  const mask = one.mask && { mask: new Tensor(decode(one.mask, dtype)) };
  const { value, pullback } = run(layer, input, { ...inputs, ...mask });
  expect(value.map(({ shape }) => shape)).to.deep.equal(one.outputs.map(({ shape }) => shape));
  const loose = { relative, absolute: share * largest(dy.flatMap(({ data }) => numbers(data))) };
  value.forEach((y, i) => expectClose(`outputs[${i}]`, y.value, numbers(exact.outputs[i]!), loose));

  const gradients = pullback(dy.map((g) => new Tensor(decode(g, dtype))));
  expectClose('dx', gradient(gradients, input), numbers(exact.dx ?? one.dx.data), loose);
  const named = layer.namedParameters();
  expect([...named.keys()].sort()).to.deep.equal(Object.keys(weights).sort());
  for (const [name, weight] of named) {
    const wanted = exact.dweights?.[name] ?? one.dweights[name]!.data;
    expectClose(`d${name}`, gradient(gradients, weight), numbers(wanted), loose);
  }
  for (const [name, wanted] of Object.entries(exact.dinputs ?? {}))
    expectClose(`d${name}`, gradient(gradients, inputs[name]!), numbers(wanted), loose);
  expect(Object.keys(inputs)).to.have.members(Object.keys(exact.dinputs ?? {}));
  const after = layer.stateDict();
  const left = Object.entries({ ...one.weights_after, ...one.state_after_backward });
  const expected = {
    ...keptBy(own, exact.state_after ?? {}),
    ...Object.fromEntries(left.map(([name, { data }]) => [name, data])),
  };
  for (const [name, wanted] of Object.entries(expected))
    expectClose(`${name} afterwards`, after[name]!, numbers(wanted), loose);
  expect(layer.penalty().item()).to.be.closeTo(
    one.regularization_loss ?? 0,
    dtype === 'float64' ? 1e-17 : 1e-10,
  );
}

describe('the norms, against the original layers in 130 digits', () => {
  it('have a test for every file of vectors, or a reason', () => {
    const files = readdirSync(new URL('./vectors/norms', import.meta.url)).map((file) =>
      file.replace('.json', ''),
    );
    expect([...normalizationTypes, ...Object.keys(LEFT_OUT)].sort()).to.deep.equal(files.sort());
  });

  for (const type of normalizationTypes) {
    for (const one of casesOf<Case>(`norms/${type}`)) {
      it(`${one.id} in float64`, () => check(one, type, 'float64', 1e-11, 1e-13));
      if (one.f32_exact_inputs) it(`${one.id} in float32`, () => check(one, type, 'float32', 1e-5, 1e-6));
    }
  }
});

/** Further files of vectors, by the types that they are for. */
const filesIn = (folder: string) =>
  readdirSync(new URL(`./vectors/${folder}`, import.meta.url)).map((file) => ({
    folder,
    type: file.replace('.json', '') as NormalizationType,
  }));

describe('masks and further options of the norms, and norms of a weight, against 60 digits', () => {
  for (const { folder, type } of [...filesIn('norms-options'), ...filesIn('norms-weights')]) {
    for (const one of casesOf<Case>(`${folder}/${type}`)) {
      it(`${one.id} in float64`, () => check(one, type, 'float64', 1e-11, 1e-13));
      if (one.f32_exact_inputs) it(`${one.id} in float32`, () => check(one, type, 'float32', 1e-5, 1e-6));
    }
  }
});

interface TorchCase {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: Named;
  readonly outputs: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly grads: Named;
  readonly state_after_keras?: Readonly<Record<string, Encoded | readonly number[]>>;
}

/** The name of our layer for each of theirs, and the names of its weights. */
const THEIRS = {
  layer_norm: {
    layer: ({ normalized_shape, eps }: TorchCase['attributes'], { weight }: Named) =>
      createNormalizationLayer('layer_norm', {
        axis: (normalized_shape as number[]).map((_, i) => -1 - i),
        epsilon: eps as number,
        center: weight !== undefined,
        scale: weight !== undefined,
      }),
    names: { weight: 'gamma', bias: 'beta' },
  },
  rms_norm: {
    layer: ({ normalized_shape, eps }: TorchCase['attributes'], { weight }: Named) =>
      createNormalizationLayer('rms_norm', {
        axis: (normalized_shape as number[]).map((_, i) => -1 - i),
        epsilon: eps as number,
        useScale: weight !== undefined,
      }),
    names: { weight: 'scale' },
  },
  batch_norm: {
    layer: ({ channel_axis, keras_momentum, eps }: TorchCase['attributes']) =>
      createNormalizationLayer('batch_norm', {
        axis: channel_axis as number,
        momentum: keras_momentum as number,
        epsilon: eps as number,
      }),
    names: { weight: 'gamma', bias: 'beta' },
  },
  instance_norm: {
    layer: ({ channel_axis, eps }: TorchCase['attributes']) =>
      createNormalizationLayer('instance_norm', { axis: channel_axis as number, epsilon: eps as number }),
    names: { weight: 'gamma', bias: 'beta' },
  },
  group_norm: {
    layer: ({ num_groups, channel_axis, eps }: TorchCase['attributes']) =>
      createNormalizationLayer('group_norm', {
        groups: num_groups as number,
        axis: channel_axis as number,
        epsilon: eps as number,
      }),
    names: { weight: 'gamma', bias: 'beta' },
  },
  local_response_norm: {
    layer: ({ size, alpha, beta, k }: TorchCase['attributes']) =>
      createNormalizationLayer('local_response_norm', {
        axis: 1,
        size: size as number,
        alpha: alpha as number,
        beta: beta as number,
        k: k as number,
      }),
    names: {},
  },
} as const;

describe('the norms, against PyTorch', () => {
  for (const [kind, { layer: make, names }] of Object.entries(THEIRS)) {
    for (const one of casesOf<TorchCase>(`torch/${kind}`)) {
      it(one.id, () => {
        const { attributes, inputs, outputs, dy, grads } = one;
        const layer = make(attributes, inputs) as NormalizationLayer;
        const x = new Tensor(decode(inputs['x']!));
        layer.build(x.shape, { dtype: 'float64' });
        const statistics = Object.fromEntries(
          [
            ['moving_mean', 'running_mean'],
            ['moving_variance', 'running_var'],
          ].flatMap(([ours, theirs]) =>
            attributes[theirs!]
              ? [[ours!, fromSource(attributes[theirs!] as number[], { dtype: 'float64' })]]
              : [],
          ),
        ) as Record<string, NdArray>;
        const given = Object.entries(names).flatMap(([theirs, ours]) =>
          inputs[theirs] ? [[ours, decode(inputs[theirs])] as const] : [],
        );
        layer.loadStateDict({ ...Object.fromEntries(given), ...statistics });
        if (attributes['training'] === false) layer.eval();

        const { value, pullback } = run(layer, x);
        const loose = { relative: 1e-11, absolute: 1e-13 * largest(numbers(dy[0]!.data)) };
        expectClose('y', value[0]!.value, numbers(outputs[0]!.data), loose);
        const gradients = pullback([new Tensor(decode(dy[0]!))]);
        expectClose('dx', gradient(gradients, x), numbers(grads['x']!.data), loose);
        for (const [theirs, ours] of Object.entries(names)) {
          if (!grads[theirs]) continue;
          const weight = layer.namedParameters().get(ours)!;
          expectClose(ours, gradient(gradients, weight), numbers(grads[theirs].data), loose);
        }
        const after = layer.stateDict();
        for (const [theirs, wanted] of Object.entries(one.state_after_keras ?? {})) {
          const ours =
            theirs === 'running_mean' || theirs === 'moving_mean' ? 'moving_mean' : 'moving_variance';
          const data = Array.isArray(wanted) ? (wanted as number[]) : numbers((wanted as Encoded).data);
          expectClose(ours, after[ours]!, data, loose);
        }
      });
    }
  }
});
