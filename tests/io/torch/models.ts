import { readFileSync } from 'node:fs';
import {
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Dense,
  DepthwiseConv2D,
  Embedding,
  Flatten,
  LanguageModel,
  MaxPooling2D,
  Module,
  MultiHeadAttention,
  type NdArray,
  PReLU,
  Parameter,
  Sequential,
  type Tensor,
  TransformerBlock,
  createNormalizationLayer,
  mul,
  array,
  ones,
  relu,
  tensor,
  transpose,
} from '../../../src/index.js';
import { type NamingOptions, readSafetensors } from '../../../src/io/index.js';

export type Kind = 'f32' | 'f64';

/** The largest relative difference that rounding accounts for. */
export const BOUNDS = { f32: 5e-6, f64: 1e-13 };

/** A model here, and how it is loaded with the weights of a model of tests/io/fixtures/torch/models.py. */
export interface Peer {
  readonly make: (dtype: 'float32' | 'float64') => Module;
  readonly options: NamingOptions;
  /** The output here for the inputs there. */
  readonly run: (model: Module, inputs: readonly Tensor[]) => Tensor;
}

class Named extends Module {
  readonly table: Embedding;
  readonly hidden = new Dense(5);
  readonly slope = new PReLU({ sharedAxes: [1, 2] });
  readonly head = new Dense(3, { useBias: false });
  readonly gain: Parameter;

  constructor(dtype: 'float32' | 'float64') {
    super();
    this.table = new Embedding(7, 6, { dtype });
    this.gain = new Parameter(ones([3], { dtype }));
  }

  override forward(ids: Tensor): Tensor {
    const hidden = this.slope.forward(this.hidden.forward(this.table.forward(ids)));
    return mul(this.gain, this.head.forward(hidden));
  }
}

class Attention extends Module {
  readonly attention: MultiHeadAttention;

  constructor(useBias = true) {
    super();
    this.attention = new MultiHeadAttention({ heads: 2, headSize: 3, useBias });
  }

  override forward(x: Tensor, context?: Tensor): Tensor {
    return this.attention.forward(x, { context });
  }
}

class Encoder extends Module {
  readonly blocks = Array.from(
    { length: 2 },
    () =>
      new TransformerBlock({
        hiddenSize: 6,
        heads: 2,
        mlpSize: 10,
        placement: 'post',
        normalization: { type: 'layer_norm', epsilon: 1e-12 },
      }),
  );

  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((input, block) => block.forward(input), x);
  }
}

type Forward = (...inputs: readonly Tensor[]) => Tensor;

const called = (model: Module, inputs: readonly Tensor[]): Tensor => (model.forward as Forward)(...inputs);

/** Images with their channels first, as PyTorch has them, with channels last. */
const images = (x: Tensor): Tensor => transpose(x, [0, 2, 3, 1]);

const batchNorm = () =>
  createNormalizationLayer('batch_norm', { epsilon: 1e-5, momentum: 0.9, runningVariance: 'unbiased' });

const pytorch = { naming: 'pytorch' } as const;

/** The models by the names in tests/io/fixtures/torch/models.py. */
export const PEERS: Readonly<Record<string, Peer>> = {
  mlp: {
    make: () =>
      new Sequential([
        new Dense(6),
        batchNorm(),
        relu,
        new Dense(5),
        createNormalizationLayer('layer_norm', { epsilon: 1e-5 }),
        new Dense(2),
      ]),
    options: pytorch,
    run: called,
  },
  images: {
    make: () =>
      new Sequential([
        new Conv2D(6, [3, 2], { groups: 2 }),
        batchNorm(),
        relu,
        new MaxPooling2D(2),
        new DepthwiseConv2D(1, { depthMultiplier: 2 }),
        createNormalizationLayer('group_norm', { groups: 3, epsilon: 1e-5 }),
        new Flatten(),
        batchNorm(),
        new Dense(3),
      ]),
    options: pytorch,
    run: (model, [x]) => called(model, [images(x!)]),
  },
  flat: {
    make: () => new Sequential([new Flatten(), new Dense(2)]),
    options: { naming: 'pytorch', channels: 4 },
    run: (model, [x]) => called(model, [images(x!)]),
  },
  sequence: {
    make: () =>
      new Sequential([
        new Conv1D(4, 2),
        createNormalizationLayer('instance_norm', { epsilon: 1e-5 }),
        new Flatten(),
        new Dense(2),
      ]),
    options: pytorch,
    run: (model, [x]) => called(model, [transpose(x!, [0, 2, 1])]),
  },
  upward: {
    make: () => new Sequential([new Conv2DTranspose(3, 2, { stride: 2 })]),
    options: pytorch,
    run: (model, [x]) => transpose(called(model, [images(x!)]), [0, 3, 1, 2]),
  },
  named: { make: (dtype) => new Named(dtype), options: pytorch, run: called },
  attention: { make: () => new Attention(), options: pytorch, run: called },
  context: { make: () => new Attention(), options: pytorch, run: called },
  unbiased: { make: () => new Attention(false), options: pytorch, run: called },
  encoder: {
    make: () =>
      new TransformerBlock({
        hiddenSize: 6,
        heads: 2,
        mlpSize: 8,
        normalization: { type: 'layer_norm', epsilon: 1e-5 },
      }),
    options: pytorch,
    run: called,
  },
  llama: {
    make: (dtype) =>
      new LanguageModel({
        vocabularySize: 11,
        contextLength: 5,
        layers: 2,
        hiddenSize: 8,
        heads: 4,
        groups: 2,
        mlpSize: 12,
        gated: true,
        activation: 'silu',
        useBias: false,
        normalization: { type: 'rms_norm', epsilon: 1e-5 },
        positions: 'rotary',
        tieWeights: false,
        dtype,
      }),
    options: { naming: 'llama' },
    run: called,
  },
  gpt2: {
    make: (dtype) =>
      new LanguageModel({
        vocabularySize: 11,
        contextLength: 5,
        layers: 2,
        hiddenSize: 6,
        heads: 2,
        activation: 'gelu_tanh',
        normalization: { type: 'layer_norm', epsilon: 1e-5 },
        dtype,
      }),
    options: { naming: 'gpt2' },
    run: called,
  },
  bert: { make: () => new Encoder(), options: { naming: 'bert' }, run: called },
};

/** A model there: its weights, inputs, output, and its running statistics after one step of training on the inputs. */
export interface Made {
  readonly state: Readonly<Record<string, NdArray>>;
  readonly inputs: readonly Tensor[];
  readonly output: NdArray;
  readonly after: Readonly<Record<string, NdArray>>;
}

/** Reads what models.py made in a folder. */
export function readMade(folder: URL, name: string, kind: Kind): Made {
  const { tensors } = readSafetensors(readFileSync(new URL(`${name}.${kind}.safetensors`, folder)));
  const named = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, array]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), array]] : [],
      ),
    );
  return {
    state: named('state:'),
    inputs: Object.values(named('input:')).map((array) => tensor(array)),
    output: tensors['output']!,
    after: named('after:'),
  };
}

/** A model here, built by the inputs of one there, in eval mode. */
export function built({ make, run }: Peer, { inputs }: Made, kind: Kind): Module {
  const model = make(kind === 'f32' ? 'float32' : 'float64').eval();
  run(model, inputs);
  return model;
}

/** The largest difference of two arrays, relative to the largest number. */
export function difference(ours: NdArray, theirs: NdArray): number {
  if (String(ours.shape) !== String(theirs.shape)) return Infinity;
  const [left, right] = [[...array.flat(ours)], [...array.flat(theirs)]];
  const size = Math.max(...right.map(Math.abs), 1e-30);
  return Math.max(...left.map((value, i) => Math.abs(value - right[i]!) / size));
}
