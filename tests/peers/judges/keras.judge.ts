import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Activation,
  AveragePooling2D,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Embedding,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
  MultiHeadAttention,
  Residual,
  Reshape,
  Sequential,
  array,
  createNormalizationLayer,
  randomNormal,
  relu,
  tensor,
} from '../../../src/index.js';
import { readKeras, readNpy, writeKeras, writeNpy } from '../../../src/io/index.js';
import { PYTHON, demandPython } from './judge.js';

const SCRIPT = fileURLToPath(new URL('keras.py', import.meta.url));
const SEEDS = [2, 3, 4, 5];
/** All is computed in float64, where nothing but rounding remains. */
const BOUND = 1e-12;

const attention = (more: object = {}) => new MultiHeadAttention({ heads: 2, headSize: 3, seed: 1, ...more });

/** Models with every layer that Keras has, with samples of a shape; tokens are whole numbers. */
const MODELS = {
  images: {
    sample: [7, 6, 4],
    make: () => [
      new Conv2D(6, [3, 2], { padding: 'same', groups: 2, activation: 'elu', seed: 1 }),
      createNormalizationLayer('batch_norm', { epsilon: 1e-2, momentum: 0.8 }),
      relu,
      new Residual(
        new Sequential([
          new Conv2D(6, 3, { padding: 'same', seed: 2 }),
          createNormalizationLayer('instance_norm'),
        ]),
        { after: 'layer_norm' },
      ),
      new DepthwiseConv2D([2, 1], { stride: 2, depthMultiplier: 2, padding: 'same', seed: 3 }),
      createNormalizationLayer('group_norm', { groups: 3, epsilon: 1e-3, center: false }),
      new MaxPooling2D(2, { stride: 1, padding: 'same' }),
      new AveragePooling2D([2, 1], { stride: 1 }),
      new Dropout(0.5),
      new Flatten(),
      new Reshape([3, -1]),
      new Dense(3, { activation: 'hard_sigmoid', seed: 4 }),
      new Activation('softmax'),
    ],
  },
  averages: {
    sample: [5, 5, 3],
    make: () => [
      new Conv2D(4, 2, { dilation: 2, useBias: false, activation: 'gelu', seed: 1 }),
      new GlobalAveragePooling2D(),
      createNormalizationLayer('unit_norm'),
    ],
  },
  maxima: {
    sample: [5, 5, 3],
    make: () => [
      new GlobalMaxPooling2D(),
      new Dense(4, { seed: 1 }),
      createNormalizationLayer('layer_norm', { scale: false }),
    ],
  },
  transformer: {
    sample: [5],
    tokens: 9,
    make: () => [
      new Embedding(9, 6, { dtype: 'float64', seed: 1 }),
      new Residual(attention({ causal: true }), { before: 'rms_norm' }),
      new Residual(
        new Sequential([new Dense(12, { activation: 'silu', seed: 3 }), new Dense(6, { seed: 4 })]),
        {
          output: 'layer_norm',
          after: 'rms_norm',
          dropout: 0.1,
        },
      ),
      attention({ useBias: false, outputSize: 4 }),
      new Flatten(),
      new Dense(2, { activation: 'log_softmax', seed: 5 }),
    ],
  },
} as const;

describe('models of Keras 3, beside numpy and h5py', function () {
  this.timeout(120_000);
  let folder: string;
  before(function () {
    demandPython(this, 'h5py');
    folder = mkdtempSync(join(tmpdir(), 'keras-'));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const python = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(PYTHON, [SCRIPT, ...args], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
  };
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readNpy(readFileSync(at(name)));

  const difference = (model: Sequential, x: string, y: string): number => {
    const ours = array.flat(model.eval().forward(tensor(read(x))).value);
    const theirs = read(y);
    expect(ours.length).to.equal(theirs.data.length);
    return Math.max(...ours.map((value, i) => Math.abs(value - theirs.data[i]!)));
  };

  for (const seed of SEEDS)
    it(`predict the same here, and there once they are written here: seed ${seed}`, async () => {
      python('make', folder, String(seed), 'float64');
      const names = readdirSync(folder).filter((name) => /^[a-z]+\.keras$/.test(name));
      expect(names).to.have.length(5);
      for (const file of names) {
        const name = file.replace('.keras', '');
        const model = await readKeras(readFileSync(at(file)));
        expect(difference(model, `${name}.x.npy`, `${name}.y.npy`), name).to.be.below(BOUND);
        writeFileSync(at('again_.keras'), await writeKeras(model, read(`${name}.x.npy`).shape.slice(1)));
        python('predict', at('again_.keras'), at(`${name}.x.npy`), at('again_.y.npy'));
        expect(difference(model, `${name}.x.npy`, 'again_.y.npy'), name).to.be.below(BOUND);
        rmSync(at(file));
      }
    });

  for (const [name, { make, sample, ...more }] of Object.entries(MODELS))
    it(`predict the same there: ${name}`, async () => {
      const model = new Sequential(make() as never);
      const drawn = randomNormal([4, ...sample], { seed: 1, dtype: 'float64' });
      const x =
        'tokens' in more
          ? tensor(array.map(drawn.value, (value) => Math.floor(Math.abs(value * 50)) % more.tokens))
          : drawn;
      // Once in training, so that running statistics move.
      model.forward(x);
      writeFileSync(at('own_.keras'), await writeKeras(model, sample));
      writeFileSync(at('own_.x.npy'), writeNpy(x));
      python('predict', at('own_.keras'), at('own_.x.npy'), at('own_.y.npy'));
      expect(difference(model, 'own_.x.npy', 'own_.y.npy')).to.be.below(BOUND);
      const again = await readKeras(readFileSync(at('own_.keras')));
      expect(String(again.eval().forward(x))).to.equal(String(model.eval().forward(x)));
    });
});
