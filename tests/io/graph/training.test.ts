import { expect } from 'chai';
import { type NdArray, Random, draw, flat } from '../../../src/array/index.js';
import {
  Adagrad,
  Adam,
  AdamW,
  Dense,
  LAMB,
  Lion,
  Muon,
  NAdam,
  RAdam,
  RMSprop,
  SGD,
  Sequential,
  Tensor,
  add,
  clipByGlobalNorm,
  meanSquaredError,
  normalization,
  norms,
  relu,
  valueAndGrad,
} from '../../../src/index.js';
import { type TraceOptions, traceGraph } from '../../../src/io/index.js';
import { type Plain, interpreted } from './interpreter.js';

const drawn = (shape: readonly number[], seed: number): Tensor => {
  const random = new Random(seed);
  return new Tensor(draw(shape, () => random.normal(), 'float64'));
};

const plain = (array: NdArray): Plain => ({ shape: array.shape, data: Array.from(flat(array)) });

function network(): Sequential {
  const model = new Sequential([
    new Dense(6, { seed: 1, kernelRegularizer: { type: 'l2', l2: 0.01 } }),
    normalization(norms.layer_norm),
    relu,
    new Dense(2, { seed: 2, useBias: false }),
  ]);
  model.forward(drawn([4, 3], 1));
  return model;
}

/** Every optimizer, in both conventions and with all its options. */
const OPTIMIZERS: Readonly<Record<string, () => NonNullable<TraceOptions['optimizer']>>> = {
  SGD: () => new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  'SGD of PyTorch': () =>
    new SGD({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, convention: 'pytorch' }),
  Adam: () => new Adam({ amsgrad: true, weightDecay: 0.01 }),
  'Adam of PyTorch': () => new Adam({ weightDecay: 0.01, convention: 'pytorch', beta1: 0 }),
  AdamW: () => new AdamW({ convention: 'pytorch' }),
  RMSprop: () => new RMSprop({ momentum: 0.5, centered: true, weightDecay: 0.01 }),
  'RMSprop of PyTorch': () => new RMSprop({ momentum: 0.5, weightDecay: 0.01, convention: 'pytorch' }),
  Adagrad: () => new Adagrad({ rateDecay: 0.1, weightDecay: 0.01 }),
  'Adagrad of PyTorch': () => new Adagrad({ weightDecay: 0.01, convention: 'pytorch' }),
  NAdam: () => new NAdam({ weightDecay: 0.01 }),
  'NAdam of PyTorch': () => new NAdam({ weightDecay: 0.01, convention: 'pytorch' }),
  RAdam: () => new RAdam({ beta2: 0.9, weightDecay: 0.01 }),
  'RAdam of PyTorch': () => new RAdam({ beta2: 0.8, weightDecay: 0.01, convention: 'pytorch' }),
  Lion: () => new Lion({ weightDecay: 0.01 }),
  LAMB: () => new LAMB({ weightDecay: 0.01 }),
  Muon: () => new Muon({ exclude: 'layers.3.*', weightDecay: 0.01, nesterov: false }),
  'Muon, ahead': () => new Muon({ iterations: 3 }),
  'groups with rates and options of their own': () =>
    new NAdam({ groups: [{ parameters: 'layers.0.*', learningRate: 0.05, momentumDecay: 0.5 }] }),
};

const STEPS = 8;

/** The largest difference between weights that a graph and an optimizer moved, relative to the largest. */
function drift(make: () => NonNullable<TraceOptions['optimizer']>, before: number, clip?: number): number {
  const model = network();
  const optimizer = make() as unknown as Adam;
  // Steps need the model of a pattern of names; a trace has it.
  if (before > 0) optimizer.names = model;
  const step = (i: number): void => {
    const { gradients } = valueAndGrad(() => {
      const loss = meanSquaredError(model.forward(drawn([4, 3], i)), drawn([4, 2], 100 + i));
      return add(loss, model.penalty());
    }, model);
    optimizer.step(clip === undefined ? gradients : clipByGlobalNorm(gradients, clip));
  };
  for (let i = 0; i < before; i++) step(i);
  const graph = traceGraph(model, {
    input: ['batch', 3],
    dtype: 'float64',
    loss: (y, target) => meanSquaredError(y, target),
    optimizer,
    ...(clip !== undefined && { clip }),
  });
  expect(optimizer.names).to.equal(before > 0 ? model : undefined);
  optimizer.names = model;
  const named = graph.weights.map(
    ({ attributes, shape }) =>
      [attributes['name'] as string, { shape, data: attributes['data'] } as Plain] as const,
  );
  let now: Record<string, Plain> = Object.fromEntries(named);
  for (let i = before; i < before + STEPS; i++) {
    const feeds = {
      ...now,
      input: plain(drawn([4, 3], i).value),
      target: plain(drawn([4, 2], 100 + i).value),
    };
    const result = interpreted(graph, feeds, 4);
    now = Object.fromEntries(named.map(([name]) => [name, result[`next.${name}`] ?? now[name]!]));
    step(i);
  }
  let worst = 0;
  for (const [name, one] of model.namedParameters()) {
    const mine = Array.from(flat(one.value));
    const most = Math.max(1e-3, ...mine.map(Math.abs));
    mine.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - now[name]!.data[i]!) / most)));
  }
  return worst;
}

describe('the graph of a training step', () => {
  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    it(`steps as ${name} does, from the start and after steps`, () => {
      expect(drift(make, 0)).to.be.at.most(1e-10);
      expect(drift(make, 3)).to.be.at.most(1e-10);
    });
  }

  it('refuses clipping without an optimizer, and lengths that are none', () => {
    const options = { input: ['batch', 3], dtype: 'float64', loss: meanSquaredError } as const;
    expect(() => traceGraph(network(), { ...options, clip: 1 } as never)).to.throw(
      /^traceGraph\.optimizer: expected an optimizer for gradients that are clipped/,
    );
    for (const clip of [0, -1, NaN, '1'])
      expect(() => traceGraph(network(), { ...options, clip, optimizer: new SGD() } as never)).to.throw(
        /^traceGraph\.clip: expected a finite number above 0/,
      );
    expect(() => traceGraph(network(), { ...options, optimizer: {} } as never)).to.throw(
      /^traceGraph\.optimizer: expected an optimizer of the package/,
    );
  });

  it('clips all gradients together as fit does, where they are longer and where they are not', () => {
    for (const clip of [1e-3, 1e3]) expect(drift(OPTIMIZERS['SGD']!, 0, clip)).to.be.at.most(1e-10);
  });
});
