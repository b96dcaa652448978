import type { Random } from '../../src/array/index.js';
import { type Dtype, type Mode, below, draw, pick } from './numbers.js';

/** An input of a case. */
export interface Input {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A case for both sides: an op of inputs, and the gradient of its value. */
export interface Case {
  readonly op: string;
  readonly dtype: Dtype;
  readonly mode: Mode;
  readonly options: Options;
  readonly inputs: readonly Input[];
  /** The gradient of the value; undefined for optimizers, whose inputs are a weight and gradients. */
  readonly seed: Input | undefined;
}

// Two languages read the options, so they are plain data.
export type Options = Readonly<Record<string, unknown>>;

type Shape = readonly number[];
interface Draft {
  readonly options?: Options;
  readonly shapes: readonly Shape[];
  readonly out: Shape;
  /** Changes the numbers of one input, for example to probabilities. */
  readonly refine?: (data: Float64Array, input: number) => void;
}

type Family = (random: Random) => Draft;

const size = (random: Random, most = 6): number => 1 + below(most, random);
const shapeOf = (rank: number, random: Random): number[] => Array.from({ length: rank }, () => size(random));
const flags = (n: number, random: Random): number[] => Array.from({ length: n }, () => below(2, random));
const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

const unary: Family = (random) => {
  const shape = shapeOf(below(4, random), random);
  return { shapes: [shape], out: shape };
};

/** Two shapes that broadcast: each may have 1 where the other has a size. */
const binary: Family = (random) => {
  const out = shapeOf(1 + below(3, random), random);
  const squeezed = out.map((n) => (random.uniform() < 0.3 ? 1 : n));
  const shorter = squeezed.slice(below(squeezed.length + 1, random));
  return { shapes: random.uniform() < 0.5 ? [out, shorter] : [shorter, out], out };
};

const reduced: Family = (random) => {
  const shape = shapeOf(1 + below(3, random), random);
  const axes = shape.map((_, axis) => axis).filter(() => random.uniform() < 0.6);
  const over = axes.length ? axes : [below(shape.length, random)];
  const keepDims = random.uniform() < 0.5;
  const out = keepDims
    ? shape.map((n, axis) => (over.includes(axis) ? 1 : n))
    : shape.filter((_, axis) => !over.includes(axis));
  return { shapes: [shape], out, options: { axes: over, keepDims } };
};

const along: Family = (random) => {
  const shape = shapeOf(1 + below(3, random), random);
  return { shapes: [shape], out: shape, options: { axis: below(shape.length, random) } };
};

const REDUCTIONS = ['mean', 'sum', 'none'];

const loss: Family = (random) => {
  const shape = shapeOf(2, random);
  const reduction = pick(REDUCTIONS, random);
  return {
    shapes: [shape, shape],
    out: reduction === 'none' ? shape : [],
    options: { reduction, delta: 0.75 },
  };
};

/** Makes rows of nonnegative numbers that sum to 1, some of them 0. */
const probabilities =
  (classes: number, zeros: boolean, random: Random) => (data: Float64Array, input: number) => {
    if (input !== 1) return;
    for (let row = 0; row < data.length; row += classes) {
      const part = data.subarray(row, row + classes);
      part.forEach((_, i) => (part[i] = zeros && random.uniform() < 0.3 ? 0 : 0.1 + random.uniform()));
      const total = part.reduce((sum, p) => sum + p, 0) || 1;
      part.forEach((p, i) => (part[i] = p / total));
    }
  };

const image = (random: Random) => [1 + below(2, random), 3 + below(5, random), 3 + below(5, random)] as const;

const norm =
  (rank: number, weights: number): Family =>
  (random) => {
    const shape = [2 + below(4, random), ...shapeOf(rank - 2, random), 2 + below(6, random)];
    const channels = shape.at(-1)!;
    return {
      shapes: [shape, ...Array<Shape>(weights).fill([channels])],
      out: shape,
      options: { epsilon: 1e-5 },
    };
  };

const optimizer: Family = (random) => {
  const shape = shapeOf(1, random);
  const options = {
    rate: 0.01,
    momentum: pick([0, 0.9], random),
    nesterov: random.uniform() < 0.5,
    decay: 0.02,
  };
  return { shapes: Array<Shape>(2 + below(6, random)).fill(shape), out: shape, options };
};

const of = (names: string, family: Family): Record<string, Family> =>
  Object.fromEntries(names.split(' ').map((name) => [name, family]));

/** Families whose numbers may have any magnitude, including NaN and ∞. */
export const ANYTHING: Readonly<Record<string, Family>> = {
  ...of('exp log sqrt abs sin cos erf square neg tanh sigmoid softplus relu silu gelu geluTanh', unary),
  ...of('add sub mul div pow maximum minimum', binary),
  ...of('sum mean max min variance logSumExp', reduced),
  ...of('softmax logSoftmax', along),
  ...of('meanSquaredError meanAbsoluteError huber', loss),
  clip: (random) => ({
    ...unary(random),
    options: pick([{ min: -1 }, { max: 0.5 }, { min: -1, max: 1 }], random),
  }),
  where: (random) => {
    const { shapes, out } = binary(random);
    return { shapes, out, options: { shape: out, condition: nested(flags(sizeOf(out), random), out) } };
  },
  binaryCrossEntropy: (random) => {
    const draft = loss(random);
    const refine = (data: Float64Array, input: number): void => {
      if (input === 1) data.forEach((_, i) => (data[i] = pick([0, 1, random.uniform()], random)));
    };
    return { ...draft, refine };
  },
  crossEntropy: (random) => {
    const [rows, classes] = [size(random), size(random)];
    const reduction = pick(REDUCTIONS, random);
    const labels = Array.from({ length: rows }, () => below(classes, random));
    const ignore = random.uniform() < 0.5 && rows > 1 ? { ignore: -100 } : {};
    if ('ignore' in ignore) labels[0] = -100;
    const options = { labels, smoothing: pick([0, 0.1], random), reduction, ...ignore };
    return { shapes: [[rows, classes]], out: reduction === 'none' ? [rows] : [], options };
  },
};

/** Families of sums of products, in which numbers of very different magnitudes would lose all digits. */
export const TAME: Readonly<Record<string, Family>> = {
  matmul: (random) => {
    const [m, k, n] = shapeOf(3, random) as [number, number, number];
    const lead = shapeOf(below(3, random), random);
    return {
      shapes: [
        [...lead, m, k],
        [...lead.slice(below(lead.length + 1, random)), k, n],
      ],
      out: [...lead, m, n],
    };
  },
  reshape: (random) => {
    const shape = shapeOf(3, random);
    const flat = [sizeOf(shape)];
    return { shapes: [shape], out: flat, options: { shape: flat } };
  },
  transpose: (random) => {
    const shape = shapeOf(3, random);
    const order = pick(
      [
        [0, 2, 1],
        [2, 0, 1],
        [1, 0, 2],
        [2, 1, 0],
      ],
      random,
    );
    return { shapes: [shape], out: order.map((axis) => shape[axis]!), options: { order } };
  },
  broadcastTo: (random) => {
    const { shapes, out } = binary(random);
    return {
      shapes: [shapes[0]!.length <= shapes[1]!.length ? shapes[0]! : shapes[1]!],
      out,
      options: { shape: out },
    };
  },
  concat: (random) => {
    const shape = shapeOf(2, random);
    const axis = below(2, random);
    const shapes = Array.from({ length: size(random, 3) }, () => shape.with(axis, size(random)));
    return {
      shapes,
      out: shape.with(
        axis,
        shapes.reduce((n, s) => n + s[axis]!, 0),
      ),
      options: { axis },
    };
  },
  stack: (random) => {
    const shape = shapeOf(2, random);
    const [count, axis] = [size(random, 3), below(3, random)];
    return {
      shapes: Array<Shape>(count).fill(shape),
      out: shape.toSpliced(axis, 0, count),
      options: { axis },
    };
  },
  gather: (random) => {
    const shape = shapeOf(2, random);
    const axis = below(2, random);
    const indices = Array.from({ length: size(random) }, () => below(shape[axis]!, random));
    return { shapes: [shape], out: shape.with(axis, indices.length), options: { axis, indices } };
  },
  softCrossEntropy: (random) => {
    const [rows, classes] = [size(random), size(random)];
    const reduction = pick(REDUCTIONS, random);
    return {
      shapes: [
        [rows, classes],
        [rows, classes],
      ],
      out: reduction === 'none' ? [rows] : [],
      options: { reduction, smoothing: pick([0, 0.2], random) },
      refine: probabilities(classes, true, random),
    };
  },
  klDivergence: (random) => {
    const [rows, classes] = [size(random), size(random)];
    return {
      shapes: [
        [rows, classes],
        [rows, classes],
      ],
      out: [],
      refine: probabilities(classes, true, random),
    };
  },
  attention: (random) => {
    const lead = shapeOf(1 + below(2, random), random);
    const [queries, width, depth] = shapeOf(3, random) as [number, number, number];
    const keys = queries + below(4, random);
    const shown = Array.from({ length: queries }, () => [1, ...flags(keys - 1, random)]);
    return {
      shapes: [
        [...lead, queries, width],
        [...lead, keys, width],
        [...lead, keys, depth],
      ],
      out: [...lead, queries, depth],
      options: { causal: random.uniform() < 0.5, ...(random.uniform() < 0.5 ? { mask: shown } : {}) },
    };
  },
  layer_norm: norm(3, 2),
  rms_norm: norm(3, 1),
  batch_norm: norm(2, 2),
  group_norm: (random) => {
    const [groups, each] = [size(random, 3), 1 + size(random, 3)];
    const shape = [size(random, 3), groups * each];
    return {
      shapes: [shape, [groups * each], [groups * each]],
      out: shape,
      options: { epsilon: 1e-5, groups },
    };
  },
  instance_norm: (random) => {
    // PyTorch refuses a single position.
    const shape = [size(random, 3), 1 + size(random, 3), 1 + size(random, 3), size(random, 3)];
    const channels = shape[3]!;
    return { shapes: [shape, [channels], [channels]], out: shape, options: { epsilon: 1e-5 } };
  },
  local_response_norm: (random) => {
    const shape = [size(random, 3), size(random, 3), size(random, 3), 1 + below(7, random)];
    const options = {
      size: 1 + below(6, random),
      alpha: pick([1e-4, 0.5, 4], random),
      beta: pick([0.5, 0.75, 1], random),
      k: pick([0.5, 1, 2], random),
    };
    return { shapes: [shape], out: shape, options };
  },
  weight_norm: (random) => {
    const [inward, outward] = [size(random, 5), size(random, 5)];
    return { shapes: [[inward, outward], [outward]], out: [inward, outward] };
  },
  conv2d: (random) => {
    const [samples, height, width] = image(random);
    const groups = pick([1, 1, 2], random);
    const [inward, outward] = [groups * size(random, 3), groups * size(random, 3)];
    const [kernel, stride, padding] = [1 + below(3, random), 1 + below(2, random), below(2, random)];
    const side = (n: number): number => Math.floor((n + 2 * padding - kernel) / stride) + 1;
    return {
      shapes: [
        [samples, height, width, inward],
        [kernel, kernel, inward / groups, outward],
      ],
      out: [samples, side(height), side(width), outward],
      options: { stride, padding, dilation: 1, groups },
    };
  },
  ...of('maxPool2d averagePool2d', (random) => {
    const [samples, height, width] = image(random);
    const [window, stride, channels] = [1 + below(3, random), 1 + below(2, random), size(random, 3)];
    const side = (n: number): number => Math.floor((n - window) / stride) + 1;
    return {
      shapes: [[samples, height, width, channels]],
      out: [samples, side(height), side(width), channels],
      options: { size: window, stride },
    };
  }),
  ...of('sgd adam adamW rmsprop', optimizer),
};

const OPTIMIZERS = ['sgd', 'adam', 'adamW', 'rmsprop'];
export const FAMILIES = { ...ANYTHING, ...TAME };

/** A random case of a family. */
export function makeCase(op: string, dtype: Dtype, random: Random): Case {
  const mode: Mode = op in ANYTHING ? pick(['plain', 'wide', 'edge', 'edge'] as const, random) : 'plain';
  const { shapes, out, options = {}, refine } = FAMILIES[op]!(random);
  const numbers = (shape: Shape, chosen: Mode): Input => ({
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, () => draw(chosen, dtype, random)),
  });
  const inputs = shapes.map((shape) => numbers(shape, mode));
  if (refine) {
    inputs.forEach(({ data }, i) => {
      refine(data, i);
      if (dtype === 'float32') data.forEach((value, p) => (data[p] = Math.fround(value)));
    });
  }
  const seed = OPTIMIZERS.includes(op) ? undefined : numbers(out, 'plain');
  return { op, dtype, mode, options, inputs, seed };
}

/** Numbers in nested lists of a shape. */
function nested(numbers: readonly number[], shape: Shape): unknown {
  if (shape.length === 0) return numbers[0];
  const step = numbers.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    nested(numbers.slice(i * step, (i + 1) * step), shape.slice(1)),
  );
}
