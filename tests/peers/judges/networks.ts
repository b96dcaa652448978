import {
  AveragePooling2D,
  Conv2D,
  ConvNeXtBlock,
  Dense,
  type Dtype,
  Embedding,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
  Module,
  type NormalizationLayer,
  ResidualBlock,
  Sequential,
  type Tensor,
  TransformerBlock,
  gelu,
  mean,
  normalization,
  norms,
  relu,
  reshape,
  silu,
} from '../../../src/index.js';
import type { Norm } from '../../../src/norms/norm.js';
import { besideShapes } from '../../../src/norms/second-inputs.js';

const WIDTH = 6;

/** A dense layer, a norm with whatever it takes besides x, and a dense layer if the norm keeps its shape. */
class Around extends Module {
  // A bias that the norm cancels would have no gradient but rounding, which Adam makes steps of.
  readonly first = new Dense(WIDTH, { seed: 1, useBias: false });
  readonly besides: Record<string, Dense> = {};
  readonly last: Dense | undefined;

  constructor(
    readonly norm: NormalizationLayer,
    keeps: boolean,
    readonly names: readonly string[],
  ) {
    super();
    this.last = keeps ? new Dense(3, { seed: 2 }) : undefined;
    names.forEach((name, i) => (this.besides[name] = new Dense(WIDTH, { seed: 3 + i })));
  }

  override forward(x: Tensor): Tensor {
    const inner = this.first.forward(x);
    const { definition, options } = this.norm;
    const shapes = besideShapes(definition.inputs, inner.shape, options as never);
    const given = this.names.map((name) => {
      const made = this.besides[name]!.forward(x);
      const over = made.shape.map((_, axis) => axis).slice(1, -1);
      const isWhole = shapes[name]!.length === made.shape.length;
      return [name, isWhole ? made : reshape(mean(made, over), shapes[name]!)] as const;
    });
    const outputs: unknown = this.norm.forward(inner, Object.fromEntries(given) as never);
    const y = (Array.isArray(outputs) ? outputs[0] : outputs) as Tensor;
    return this.last?.forward(y) ?? y;
  }
}

export interface Network {
  readonly name: string;
  /** The shape of one sample. */
  readonly sample: readonly number[];
  readonly dtype: Dtype;
  make(): Module;
  readonly tokens?: boolean;
  /** The mean of the targets: scores that are drawn to 0 shrink x to where its direction is not defined. */
  readonly mean?: number;
}

/** Options other than the defaults: a divisor of more than one number; no constraint, which a step does not have. */
const OPTIONS: Readonly<Record<string, object>> = {
  partial_rms_norm: { p: 0.5 },
  energy_layer_norm: { gammaConstraint: 'none' },
};

/** Samples of which each norm accepts one: images, sequences, vectors. */
const SAMPLES = [[3, 3, WIDTH], [5, WIDTH], [WIDTH]];

/** A small network around each norm. */
export function around(type: string, dtype: Dtype): Network {
  const norm = (norms as Readonly<Record<string, Norm>>)[type]!;
  const layer = (): NormalizationLayer => normalization(norm, OPTIONS[type]) as NormalizationLayer;
  const { options } = layer();
  const sample = SAMPLES.find((shape) => (norm.accepts?.([4, ...shape], options) ?? true) === true)!;
  // Scores drop the axis of the classes.
  const keeps = norm.outputs === undefined || (norm.traits !== undefined && norm.traits.place !== 'logits');
  const names = (norm.inputs ?? [])
    .filter(({ when }) => when?.(options as never) ?? true)
    .map(({ name }) => name);
  return { name: type, sample, dtype, mean: keeps ? 0 : 5, make: () => new Around(layer(), keeps, names) };
}

/** The blocks of models. */
export const blocks = (dtype: Dtype): readonly Network[] => [
  {
    name: 'transformer block, causal, rotary, rms_norm',
    sample: [5, 8],
    dtype,
    make: () =>
      new TransformerBlock({
        hiddenSize: 8,
        heads: 2,
        groups: 1,
        causal: true,
        rotary: true,
        normalization: 'rms_norm',
        activation: silu,
        seed: 1,
      }),
  },
  {
    name: 'transformer block, post layer_norm',
    sample: [5, 8],
    dtype,
    make: () =>
      new TransformerBlock({ hiddenSize: 8, heads: 2, placement: 'post', activation: relu, seed: 1 }),
  },
  {
    name: 'ConvNeXt block',
    sample: [5, 5, 4],
    dtype,
    make: () => new ConvNeXtBlock({ channels: 4, kernelSize: 3, seed: 1 }),
  },
  {
    name: 'ResNet block',
    sample: [6, 6, 4],
    dtype,
    make: () => new ResidualBlock({ filters: 6, stride: 2, normalization: 'batch_norm', seed: 1 }),
  },
  {
    name: 'convolutional network',
    sample: [8, 8, 2],
    dtype,
    make: () =>
      new Sequential([
        new Conv2D(4, 3, { padding: 'same', groups: 2, seed: 1 }),
        normalization(norms.group_norm, { groups: 2 }),
        gelu,
        new MaxPooling2D(2),
        new Conv2D(4, 2, { dilation: 2, seed: 2 }),
        new AveragePooling2D(2, { padding: 'same', stride: 1 }),
        new GlobalAveragePooling2D(),
        new Dense(3, { seed: 3 }),
      ]),
  },
  {
    name: 'embedding of tokens',
    sample: [4],
    dtype,
    tokens: true,
    make: () =>
      new Sequential([
        new Embedding(10, 6, { seed: 1, dtype }) as never,
        normalization(norms.layer_norm),
        new Flatten(),
        new Dense(3, { seed: 3 }),
      ]),
  },
];
