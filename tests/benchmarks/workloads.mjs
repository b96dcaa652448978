// The workloads: groups of tasks. A task is a kind, which the contenders implement, and its inputs.
import { ATTENTION_GROUP } from './attention-workloads.mjs';
import { ofProduct, ofStep } from './operations.mjs';
import { IMAGE_GROUPS } from './image-workloads.mjs';
import { TRANSFORMER_GROUPS } from './transformer-workloads.mjs';

const NORM_SHAPES = [
  [32, 64],
  [128, 256],
  [512, 768],
  [4096, 1024],
];
const ELEMENTWISE_SHAPES = [
  [64, 64],
  [1024, 64],
  [512, 768],
];
const PRODUCTS = [
  [64, 64, 64],
  [256, 256, 256],
  [512, 768, 768],
  [1024, 1024, 1024],
];
const ROWS = [16, 64, 256, 1024, 4096, 16384];
const WIDTHS = [16, 64, 256, 1024, 4096];

const named = (shape) => shape.join('×');
const PASSES = { forward: 'forward', both: 'forward + backward' };
const passes = (make) => Object.keys(PASSES).flatMap(make);

const normTask = (kind, pass, [rows, width]) => ({
  kind,
  pass,
  title: `${named([rows, width])}, ${PASSES[pass]}`,
  elements: rows * width,
  inputs: {
    x: { shape: [rows, width], seed: 1 },
    g: { shape: [rows, width], seed: 2 },
    gain: { shape: [width], seed: 3 },
    shift: { shape: [width], seed: 4 },
  },
});

const elementwiseTask = (kind, pass, shape) => ({
  kind,
  pass,
  title: `${named(shape)}, ${PASSES[pass]}`,
  elements: shape[0] * shape[1],
  inputs: { x: { shape, seed: 1 }, g: { shape, seed: 2 } },
});

const productTask = ([m, k, n]) => ({
  kind: 'matmul',
  title: named([m, k, n]),
  operations: ofProduct(m, k, n),
  inputs: { a: { shape: [m, k], seed: 1 }, b: { shape: [k, n], seed: 2 } },
});

const norms = ['layer_norm', 'rms_norm', 'batch_norm'].map((kind) => ({
  name: kind,
  tasks: passes((pass) => NORM_SHAPES.map((shape) => normTask(kind, pass, shape))),
}));

const elementwise = ['softmax', 'gelu'].map((kind) => ({
  name: kind,
  tasks: passes((pass) => ELEMENTWISE_SHAPES.map((shape) => elementwiseTask(kind, pass, shape))),
}));

/** The rounding errors of 20 steps add up. */
const LOOSE = 1e-2;

export const GROUPS = [
  ...norms,
  ...elementwise,
  { name: 'matmul', tasks: PRODUCTS.map(productTask) },
  {
    name: 'adam',
    tasks: [
      {
        kind: 'adam',
        title: '200,000 parameters, one step',
        tolerance: LOOSE,
        inputs: { w: { shape: [200_000], seed: 1 }, g: { shape: [200_000], seed: 2 } },
      },
    ],
  },
  {
    name: 'tape',
    tasks: [
      {
        kind: 'tape',
        title: '16×16, 20 products and sums, forward + backward',
        operations: 20,
        inputs: Object.fromEntries(
          ['x', 'w', 'b', 'g'].map((name, seed) => [name, { shape: [16, 16], seed, bound: 1 }]),
        ),
      },
    ],
  },
  {
    name: 'mlp',
    tasks: [
      {
        kind: 'mlp',
        title: 'step of 784-256-10 with layer_norm and relu, batch 64, Adam',
        tolerance: LOOSE,
        operations: ofStep(ofProduct(64, 784, 256) + ofProduct(64, 256, 10), {
          firstLayer: ofProduct(64, 784, 256),
        }),
        // A training is thousands of steps, and its code is so large that all of it is compiled only after a thousand.
        warmer: 4,
        inputs: {
          x: { shape: [64, 784], seed: 1, bound: 1 },
          first: { shape: [784, 256], seed: 2, bound: 1 / 28 },
          second: { shape: [256, 10], seed: 3, bound: 1 / 16 },
        },
      },
    ],
  },
  ...IMAGE_GROUPS,
  ...TRANSFORMER_GROUPS,
  ATTENTION_GROUP,
];

/** The growth of time and memory: layer_norm forward and backward, with more rows and then wider ones. */
export const GROWTH = {
  rows: ROWS.map((rows) => normTask('layer_norm', 'both', [rows, 256])),
  width: WIDTHS.map((width) => normTask('layer_norm', 'both', [256, width])),
};

/** A task with batches of two: memory is managed alike for every batch, and 10,000 steps of large ones take an hour. */
function ofTwo(task) {
  const { inputs } = task;
  const x = inputs.x && { ...inputs.x, shape: [2, ...inputs.x.shape.slice(1)] };
  const title = task.title.replace(/batch \d+/, 'batch 2');
  return { ...task, title, batch: 2, inputs: { ...inputs, ...(x && { x }) } };
}

/** The training steps: groups of models whose memory is watched over many of them, and compared with the peak. */
export const TRAINED = ['mlp', 'steps', 'transformers'];

/** The models whose memory is watched. */
export const WATCHED = GROUPS.filter(({ name }) => TRAINED.includes(name))
  .flatMap(({ tasks }) => tasks)
  .map(ofTwo);
