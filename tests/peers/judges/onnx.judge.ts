import { expect } from 'chai';
import { type NdArray, Random, draw, flat } from '../../../src/array/index.js';
import {
  Adagrad,
  Adam,
  AdamW,
  LAMB,
  Lion,
  type Module,
  Muon,
  NAdam,
  RAdam,
  RMSprop,
  SGD,
  Tensor,
  add,
  clipByGlobalNorm,
  meanSquaredError,
  normalizationTypes,
  valueAndGrad,
} from '../../../src/index.js';
import { exportOnnx, exportOnnxTraining } from '../../../src/io/index.js';
import { judge } from './judge.js';
import { type Network, around, blocks } from './networks.js';
import { type Runtime, difference, session } from './runtime.js';

const STEPS = Number(process.env['STEPS'] ?? 200);
const BATCH = 4;

/** A batch of inputs. */
function inputs({ sample, dtype, tokens }: Network, seed: number, batch = BATCH): Tensor {
  const random = new Random(seed);
  return new Tensor(
    draw([batch, ...sample], () => (tokens ? Math.floor(random.uniform() * 10) : random.normal()), dtype),
  );
}

const OPTIMIZERS = {
  Muon: () => new Muon({ learningRate: 0.001 }),
  SGD: () => new SGD({ learningRate: 0.005, momentum: 0.9 }),
  Adam: () => new Adam({ learningRate: 0.01, amsgrad: true }),
  AdamW: () => new AdamW({ learningRate: 0.01, convention: 'pytorch' }),
  RMSprop: () => new RMSprop({ learningRate: 0.001, momentum: 0.5, centered: true }),
  Adagrad: () => new Adagrad({ learningRate: 0.01, rateDecay: 0.1 }),
  NAdam: () => new NAdam({ learningRate: 0.01 }),
  RAdam: () => new RAdam({ learningRate: 0.01, beta2: 0.99 }),
  Lion: () => new Lion({ learningRate: 0.0001 }),
  LAMB: () => new LAMB({ learningRate: 0.001 }),
};

/** The length to which gradients are clipped; some steps are longer. */
const CLIP = 1;

const built = (network: Network): Module => {
  const model = network.make();
  model.forward(inputs(network, 1) as never);
  return model;
};

const rows: string[] = [];

describe('ONNX Runtime', function () {
  this.timeout(120_000);
  let ort: Runtime;
  before(function () {
    ort = judge(this, 'onnxruntime-node') as Runtime;
  });
  after(() =>
    console.log(
      [
        '',
        'worst relative difference: outputs (float32), loss and state after 200 steps (float64)',
        ...rows,
      ].join('\n'),
    ),
  );

  const tensorOf = (made: Awaited<ReturnType<typeof session>>, network: Network, x: Tensor) =>
    network.tokens
      ? new ort.Tensor('int64', BigInt64Array.from(Array.from(flat(x.value)), BigInt), x.shape)
      : made.tensorOf(x.value);

  async function inference(network: Network): Promise<number> {
    const model = built(network).eval();
    const input = ['batch', ...network.sample] as const;
    const made = await session(
      ort,
      exportOnnx(model, { input, tokens: network.tokens ?? false, dtype: network.dtype }),
    );
    const offs = [1, BATCH, 9].map(async (batch) => {
      const x = inputs(network, 20 + batch, batch);
      const { output } = await made.run({ input: tensorOf(made, network, x) });
      return difference(output!.data, (model.forward(x as never) as Tensor).value);
    });
    return Math.max(...(await Promise.all(offs)));
  }

  async function training(network: Network, kind: keyof typeof OPTIMIZERS): Promise<number> {
    const model = built(network);
    const optimizer = OPTIMIZERS[kind]();
    const step = (x: Tensor, target: Tensor): number => {
      let loss = 0;
      const { gradients } = valueAndGrad(() => {
        const plain = meanSquaredError(model.forward(x as never) as Tensor, target);
        loss = plain.item();
        return add(plain, model.penalty());
      }, model);
      optimizer.step(clipByGlobalNorm(gradients, CLIP));
      return loss;
    };
    const shape = (model.forward(inputs(network, 1) as never) as Tensor).shape;
    const targets = (seed: number): Tensor => {
      const random = new Random(seed);
      return new Tensor(draw(shape, () => (network.mean ?? 0) + random.normal(), network.dtype));
    };
    // The export starts from an optimizer that has made steps.
    step(inputs(network, 2), targets(2));
    const { bytes, state } = exportOnnxTraining(model, {
      input: ['batch', ...network.sample],
      tokens: network.tokens ?? false,
      dtype: network.dtype,
      loss: (prediction, target) => meanSquaredError(prediction, target),
      optimizer,
      clip: CLIP,
    });
    // Optimized further, ONNX Runtime makes factors of a product of matrices part of it, as floats.
    const made = await session(ort, bytes, { graphOptimizationLevel: 'basic' });
    let now = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, made.tensorOf(value)]));
    let worst = 0;
    for (let i = 0; i < STEPS; i++) {
      const [x, target] = [inputs(network, 100 + i), targets(500 + i)];
      const result = await made.run({
        ...now,
        input: tensorOf(made, network, x),
        target: made.tensorOf(target.value),
      });
      const loss = step(x, target);
      worst = Math.max(worst, Math.abs(Number(result['loss']!.data[0]) - loss) / Math.abs(loss));
      now = Object.fromEntries(
        Object.entries(now).map(([name, value]) => [name, result[`next.${name}`] ?? value]),
      );
    }
    const all: Record<string, NdArray> = model.stateDict();
    for (const [name, value] of Object.entries(all))
      if (now[name]) worst = Math.max(worst, difference(now[name].data, value));
    return worst;
  }

  const show = (name: string, off: number, after: number): void => {
    rows.push(`${name.padEnd(46)} ${off.toExponential(1).padStart(8)} ${after.toExponential(1).padStart(8)}`);
  };

  /** ONNX Runtime computes erf in float32 alone. */
  const boundOf = (name: string): number => (/erf|ConvNeXt|convolutional/.test(name) ? 1e-3 : 1e-8);

  const kinds = Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[];
  [
    ...normalizationTypes.map((type) => (dtype: 'float32' | 'float64') => around(type, dtype)),
    ...blocks('float64').map((_, i) => (dtype: 'float32' | 'float64') => blocks(dtype)[i]!),
  ].forEach((network, i) => {
    const kind = kinds[i % kinds.length]!;
    it(`${network('float32').name}: outputs, and ${STEPS} steps of ${kind}`, async () => {
      const name = network('float32').name;
      const off = await inference(network('float32'));
      const after = await training(network('float64'), kind);
      show(`${name} (${kind})`, off, after);
      expect(off).to.be.at.most(1e-5);
      expect(after).to.be.at.most(boundOf(name));
    });
  });
});
