import { expect } from 'chai';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import * as ops from '../../src/ops/catalog.js';
import type { ConvolutionOptions } from '../../src/ops/convolution.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

interface Case {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: readonly Encoded[];
  readonly dy?: readonly Encoded[];
  readonly grads: Readonly<Record<string, Encoded>>;
}

type Run = (inputs: readonly Tensor[], attributes: Case['attributes']) => Tensor | readonly Tensor[];

const axis = ({ axis }: Case['attributes']) => (axis ?? undefined) as number | number[] | undefined;

/** How to run the cases, by the part of the id after the slash, or by the file if it has only one kind. */
const runs: Readonly<Record<string, Run>> = {
  'ops/add': ([a, b]) => ops.add(a!, b!),
  'ops/sub': ([a, b]) => ops.sub(a!, b!),
  'ops/mul': ([a, b]) => ops.mul(a!, b!),
  'ops/div': ([a, b]) => ops.div(a!, b!),
  'ops/scalar-broadcast': ([a, b]) => ops.mul(a!, b!),
  'ops/pow-scalar': ([a]) => ops.pow(a!, 3),
  'ops/pow-tensor': ([a, b]) => ops.pow(a!, b!),
  'ops/exp': ([a]) => ops.exp(a!),
  'ops/tanh': ([a]) => ops.tanh(a!),
  'ops/sigmoid': ([a]) => ops.sigmoid(a!),
  'ops/log': ([a]) => ops.log(a!),
  'ops/sqrt': ([a]) => ops.sqrt(a!),
  'ops/sin': ([a]) => ops.sin(a!),
  'ops/cos': ([a]) => ops.cos(a!),
  'ops/abs': ([a]) => ops.abs(a!),
  'ops/rsqrt': ([a]) => ops.pow(a!, -0.5),
  'ops/reciprocal': ([a]) => ops.div(1, a!),
  'ops/sum': ([a], attributes) => ops.sum(a!, axis(attributes)),
  'ops/mean': ([a], attributes) => ops.mean(a!, axis(attributes)),
  'ops/var-biased': ([a], attributes) => ops.variance(a!, axis(attributes)),
  'ops/max-ties': ([a], attributes) => ops.max(a!, axis(attributes)),
  'ops/slice': ([a]) => ops.slice(a!, [[1], [0, undefined, 2]]),
  'ops/concat': ([a, b], attributes) => ops.concat([a!, b!], axis(attributes) as number),
  'ops/stack': ([a, b], attributes) => ops.stack([a!, b!], axis(attributes) as number),
  'ops/clip': ([a], { min, max }) => ops.clip(a!, { min: min as number, max: max as number }),
  'ops/maximum': ([a, b]) => ops.maximum(a!, b!),
  'ops/expand': ([a], { to }) => ops.broadcastTo(a!, to as number[]),
  'ops/einsum': ([a, b]) => ops.matmul(a!, ops.transpose(b!, [0, 2, 1])),
  'ops/self-div': ([a]) => ops.div(a!, ops.sum(ops.add(ops.square(a!), 1))),
  'ops/prod': ([a], attributes) => ops.prod(a!, axis(attributes)),
  'ops/cumsum': ([a], attributes) => ops.cumsum(a!, { axis: axis(attributes) as number }),
  'activations/elu': ([x]) => ops.elu(x!),
  'activations/selu': ([x]) => ops.selu(x!),
  'activations/leaky_relu_0.2': ([x]) => ops.leakyRelu(x!, { slope: 0.2 }),
  'more_ops/argmax': ([a], attributes) => ops.argmax(a!, axis(attributes) as number),
  'more_ops/argmin': ([a], attributes) => ops.argmin(a!, axis(attributes) as number),
  'more_ops/sort': ([a], attributes) => {
    const { values, indices } = ops.sort(a!, attributes);
    return [values, indices];
  },
  'more_ops/topk': ([a], { k, ...attributes }) => {
    const { values, indices } = ops.topK(a!, k as number, attributes);
    return [values, indices];
  },
  'more_ops/cumsum': ([a], attributes) => ops.cumsum(a!, attributes),
  'more_ops/cumprod': ([a], attributes) => ops.cumprod(a!, attributes),
  'more_ops/prod': ([a], attributes) => ops.prod(a!, axis(attributes)),
  'more_ops/std': ([a], attributes) =>
    ops.std(a!, axis(attributes), { correction: attributes['correction'] as number }),
  'more_ops/flip': ([a], attributes) => ops.flip(a!, axis(attributes)),
  'more_ops/pad': ([a], { widths, ...attributes }) => ops.pad(a!, widths as [number, number][], attributes),
  'more_ops/einsum': (operands, { equation }) => ops.einsum(equation as string, ...operands),
  'more_ops/split': ([a], attributes) =>
    ops.split(a!, attributes['parts'] as number[], axis(attributes) as number),
  'more_ops/mish': ([a]) => ops.mish(a!),
  'more_ops/hardswish': ([a]) => ops.hardSwish(a!),
  'more_ops/selu': ([a]) => ops.selu(a!),
  'more_ops/elu': ([a], attributes) => ops.elu(a!, attributes),
  'more_ops/leakyrelu': ([a], attributes) => ops.leakyRelu(a!, attributes),
  'more_ops/prelu': ([a, w]) => ops.prelu(a!, w!),
  'more_ops/compare-eq': ([a, b]) => ops.equal(a!, b!),
  'more_ops/compare-ne': ([a, b]) => ops.notEqual(a!, b!),
  'more_ops/compare-gt': ([a, b]) => ops.greater(a!, b!),
  'more_ops/compare-ge': ([a, b]) => ops.greaterEqual(a!, b!),
  'more_ops/compare-lt': ([a, b]) => ops.less(a!, b!),
  'more_ops/compare-le': ([a, b]) => ops.lessEqual(a!, b!),
  'more_ops/any': ([a], attributes) => ops.any(a!, axis(attributes)),
  'more_ops/all': ([a], attributes) => ops.all(a!, axis(attributes)),
  'images/transposed': ([x, kernel], attributes) => ops.conv2dTranspose(x!, kernel!, attributes),
  'images/causal': ([x, kernel], attributes) => ops.conv1d(x!, kernel!, attributes),
  'images/conv1d': ([x, kernel], attributes) => ops.conv1d(x!, kernel!, attributes),
  'images/up': ([x], attributes) => ops.upSample2d(x!, attributes),
  'images/adaptive-average': ([x], { outputSize }) =>
    ops.adaptiveAveragePool2d(x!, outputSize as [number, number]),
  'images/adaptive-max': ([x], { outputSize }) => ops.adaptiveMaxPool2d(x!, outputSize as [number, number]),
  'activations/tanh': ([x]) => ops.tanh(x!),
  'activations/sigmoid': ([x]) => ops.sigmoid(x!),
  'activations/relu': ([x]) => ops.relu(x!),
  'activations/silu': ([x]) => ops.silu(x!),
  'activations/gelu': ([x]) => ops.gelu(x!),
  'activations/gelu_tanh': ([x]) => ops.gelu(x!, { approximate: true }),
  'activations/softplus': ([x]) => ops.softplus(x!),
  'activations/erf': ([x]) => ops.erf(x!),
  matmul: ([a, b]) => ops.matmul(a!, b!),
  softmax: ([x], attributes) => ops.softmax(x!, axis(attributes)),
  log_softmax: ([x], attributes) => ops.logSoftmax(x!, axis(attributes)),
  logsumexp: ([x], attributes) => ops.logSumExp(x!, axis(attributes)),
  embedding: ([table], { index }) => ops.gather(table!, index as number[][]),
  sdpa: ([query, key, value], { mask, causal = false, scale }) => {
    const seen = mask as { shape: number[]; data: boolean[] } | undefined;
    // PyTorch returns the attention weights too; here, the rows of an identity as values return them.
    const [keys, depth] = value!.shape.slice(-2) as [number, number];
    const identity = tensor(
      Array.from({ length: keys }, (_, i) => Array.from({ length: keys }, (_, j) => Number(i === j))),
      { dtype: 'float64' },
    );
    const both = ops.concat([value!, ops.broadcastTo(identity, [...value!.shape.slice(0, -1), keys])], -1);
    const y = ops.scaledDotProductAttention(query!, key!, both, {
      causal: causal as boolean,
      scale: scale as number | undefined,
      mask: seen && tensor(seen.data.map(Number), { shape: seen.shape }),
    });
    const whole = y.shape.slice(0, -1).map(() => [] as const);
    return [ops.slice(y, [...whole, [0, depth]]), ops.slice(y, [...whole, [depth]])];
  },
  // PyTorch has channels first, and a sequence for our image of one row.
  'conv/conv1d': ([x, weight, bias], { stride, padding }) => {
    const image = ops.stack([ops.transpose(x!, [0, 2, 1])], 1);
    const kernel = ops.stack([ops.transpose(weight!, [2, 1, 0])]);
    const options = { stride: [1, stride] as const, padding: [0, padding] as const };
    const y = ops.conv2d(image, kernel, options as ConvolutionOptions);
    return ops.transpose(ops.slice(ops.add(y, bias!), [[], 0]), [0, 2, 1]);
  },
  'conv/avg_pool2d': ([x], { kernel, stride }) =>
    ops.transpose(
      ops.averagePool2d(ops.transpose(x!, [0, 2, 3, 1]), {
        size: kernel as number,
        stride: stride as number,
      }),
      [0, 3, 1, 2],
    ),
  linear: ([x, weight, bias]) => {
    const product = ops.matmul(x!, ops.transpose(weight!));
    return bias ? ops.add(product, bias) : product;
  },
};

/** Cases that are not run, with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  'ops/expm1': 'not among our ops',
  'ops/atan': 'not among our ops',
  'ops/sinh': 'not among our ops',
  'ops/cosh': 'not among our ops',
  'ops/log2': 'not among our ops',
  'ops/norm-l2': 'not among our ops; the norms of the catalog divide by lengths that are safe at 0',
  'ops/norm-l2-zero': 'not among our ops; the norms of the catalog divide by lengths that are safe at 0',
  'ops/logaddexp': 'not among our ops; stack and logSumExp give it',
  'ops/reuse-diamond': 'the formula is not in the file; tests of the tape cover reuse',
  'activations/hardsigmoid': 'its slope there is 1/6 rounded to float32',
  'activations/softsign': 'not among our ops',
  'activations/tanhshrink': 'not among our ops',
  'activations/hardshrink': 'not among our ops',
};

const FILES = [
  'ops',
  'activations',
  'more_ops',
  'matmul',
  'softmax',
  'log_softmax',
  'logsumexp',
  'embedding',
  'linear',
  'sdpa',
  'conv',
  'images',
];

/** The run of a case: by its whole id, by the id up to a dash, or by its file. */
const runOf = (file: string, id: string): Run | undefined =>
  runs[id] ?? runs[id.replace(/-[^-]*$/, '')] ?? runs[id.replace(/-.*/, '')] ?? runs[file];

describe('PyTorch agrees with the ops', () => {
  const seen = new Set<string>();
  for (const file of FILES) {
    for (const { id, attributes, inputs, outputs, dy, grads } of casesOf<Case>(`torch/${file}`)) {
      seen.add(id);
      if (id in leftOut) continue;
      it(`in ${id}`, () => {
        const run = runOf(file, id);
        if (!run) return expect.fail(`nothing runs ${id}`);
        const tensors = Object.entries(inputs).map(([name, array]) => ({
          name,
          tensor: new Tensor(decode(array)),
        }));
        const { value, pullback } = vjp(() =>
          [
            run(
              tensors.map(({ tensor }) => tensor),
              attributes,
            ),
          ].flat(),
        );
        expect(value.map(({ shape }) => shape)).to.deep.equal(outputs.map(({ shape }) => shape));
        value.forEach((y, i) =>
          expectClose(`value ${i}`, y.value, numbers(outputs[i]!.data), { relative: 1e-13 }),
        );
        if (!dy) return;
        const gradients = pullback(dy.map((g) => new Tensor(decode(g))));
        const absolute = 1e-14 * largest(dy.flatMap(({ data }) => numbers(data)));
        for (const { name, tensor } of tensors) {
          const expected = grads[name];
          if (!expected) continue;
          expectClose(`d${name}`, gradients.of(tensor)!.value, numbers(expected.data), {
            relative: 1e-12,
            absolute,
          });
        }
      });
    }
  }

  it('lists no left-out case that does not exist', () => {
    expect(Object.keys(leftOut).filter((id) => !seen.has(id))).to.deep.equal([]);
  });
});
