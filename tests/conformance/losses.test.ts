import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  binaryCrossEntropyWithLogits,
  cosineSimilarity,
  crossEntropy,
  focalLoss,
  hinge,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  triplet,
} from '../../src/nn/losses/index.js';
import { leftOut } from './left-out.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

interface KerasCase {
  readonly id: string;
  readonly loss: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly y_true: Encoded;
  readonly y_pred: Encoded;
  readonly sample_weight: readonly number[] | null;
  readonly value: Encoded;
  readonly d_sum_value_d_y_pred: Encoded;
}

type Loss = (predictions: Tensor, targets: Tensor, options: object) => Tensor;

/** Labels as integers, from an array of floats. */
const integers = ({ value }: Tensor): number[] => [...value.data];

const kerasLosses: Readonly<Record<string, Loss>> = {
  SparseCategoricalCrossentropy: (x, t, options) => crossEntropy(x, integers(t), options),
  CategoricalCrossentropy: crossEntropy,
  CategoricalFocalCrossentropy: focalLoss,
  BinaryCrossentropy: binaryCrossEntropyWithLogits,
  MeanSquaredError: meanSquaredError,
  MeanAbsoluteError: meanAbsoluteError,
  Huber: huber,
  KLDivergence: klDivergence,
  Hinge: hinge,
};

describe('losses like keras/losses', () => {
  const out = {
    'scce-probs': 'Cross entropy takes logits alone; of probabilities it would need a clip.',
    bfocal: 'Focal loss is over classes; there is none of two.',
    'bfocal-alpha': 'Focal loss is over classes; there is none of two.',
    poisson: 'Normtape has no such loss.',
  };
  for (const given of leftOut(casesOf<KerasCase>('keras/losses'), out)) {
    it(given.id, () => {
      const [x, t] = [new Tensor(decode(given.y_pred)), new Tensor(decode(given.y_true))];
      const options = {
        ...given.config,
        from_logits: undefined,
        sampleWeight: given.sample_weight ?? undefined,
      };
      const { value, pullback } = vjp(() => kerasLosses[given.loss]!(x, t, options));
      expectClose('value', value.value, numbers(given.value.data), { relative: 1e-12 });
      expectClose('gradient', pullback().of(x)!.value, numbers(given.d_sum_value_d_y_pred.data), {
        relative: 1e-12,
      });
    });
  }
});

interface TorchCase {
  readonly id: string;
  readonly attributes: {
    readonly reduction: 'mean' | 'sum' | 'none' | 'batchmean';
    readonly labels?: readonly number[];
    readonly label_smoothing?: number;
    readonly ignore_index?: number;
    readonly delta?: number;
    readonly gamma?: number;
    readonly alpha_per_class?: readonly number[];
    readonly positiveWeight?: number | readonly number[];
    readonly classWeights?: readonly number[];
  };
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly grads: Readonly<Record<string, Encoded>>;
}

type OfCase = (x: Tensor, t: Tensor, attributes: TorchCase['attributes'], third?: Tensor) => Tensor;

const elementwise =
  (loss: Loss): OfCase =>
  (x, t, attributes) =>
    loss(x, t, { ...attributes, convention: 'pytorch' });

const torchLosses: Readonly<Record<string, OfCase>> = {
  cross_entropy: (x, t, { labels, ...attributes }) => crossEntropy(x, labels ?? t, attributes as object),
  focal: (x, t, { labels, reduction, gamma, alpha_per_class: alpha = [1] }) => {
    const weights = alpha.length === 1 ? alpha[0] : alpha;
    return focalLoss(x, labels ?? t, { reduction: reduction as 'mean', gamma: gamma!, alpha: weights });
  },
  more_losses: (x, t, attributes, n) => {
    const { labels, ...options } = attributes as TorchCase['attributes'] & { readonly reduction: 'mean' };
    if ('positiveWeight' in options)
      return binaryCrossEntropyWithLogits(x, t, { ...options, convention: 'pytorch' });
    if ('classWeights' in options) return crossEntropy(x, labels ?? t, { ...options, convention: 'pytorch' });
    return n ? triplet(x, t, n, options) : cosineSimilarity(x, t, options);
  },
  mse: elementwise(meanSquaredError),
  huber: elementwise(huber),
  bce_with_logits: elementwise(binaryCrossEntropyWithLogits),
  // PyTorch's batchmean is the mean over samples, the only mean that gives the divergence.
  kl_div: (x, t) => klDivergence(x, t, { fromLogProbabilities: true }),
};

for (const [file, loss] of Object.entries(torchLosses)) {
  describe(`losses like torch/${file}`, () => {
    for (const { id, attributes, inputs, outputs, dy, grads } of casesOf<TorchCase>(`torch/${file}`)) {
      it(id, () => {
        const leaves = Object.values(inputs).map((input) => new Tensor(decode(input)));
        const [x, t] = leaves;
        const { value, pullback } = vjp(() => loss(x!, t ?? x!, attributes, leaves[2]));
        const seed = new Tensor(decode(dy[0]!));
        const absolute = 1e-13 * largest(numbers(dy[0]!.data));
        expectClose('value', value.value, numbers(outputs[0]!.data), { relative: 1e-11, absolute });
        const gradients = pullback(seed);
        Object.keys(inputs).forEach((name, i) => {
          expectClose(name, gradients.of(leaves[i]!)!.value, numbers(grads[name]!.data), {
            relative: 1e-11,
            absolute,
          });
        });
      });
    }
  });
}
