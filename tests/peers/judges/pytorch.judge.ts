import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NdArray, Random, draw, flat } from '../../../src/array/index.js';
import {
  Conv2D,
  Dense,
  Dropout,
  type Module,
  NormtapeError,
  SGD,
  Sequential,
  SpatialDropout2D,
  Tensor,
  meanSquaredError,
  mul,
  normalizationTypes,
  sum,
  valueAndGrad,
} from '../../../src/index.js';
import { exportPyTorch, readSafetensors, writeSafetensors } from '../../../src/io/index.js';
import { PYTHON, demandPython } from './judge.js';
import { type Network, around, blocks } from './networks.js';
import { difference } from './runtime.js';

const SCRIPT = fileURLToPath(new URL('pytorch.py', import.meta.url));

const drawn = (shape: readonly number[], seed: number, isIds = false): Tensor => {
  const random = new Random(seed);
  return new Tensor(
    draw(shape, () => (isIds ? Math.floor(10 * random.uniform()) : random.normal()), 'float64'),
  );
};

/** What is computed here, by the names of the results of the script. */
interface Expected {
  readonly network: Network;
  readonly folder: string;
  readonly canTrain: boolean;
  readonly results: ReadonlyMap<string, NdArray>;
  readonly names: readonly string[];
}

describe('source code for PyTorch', function () {
  this.timeout(300_000);
  let place: string;
  const run = (...args: string[]) =>
    execFileSync(PYTHON, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  before(function () {
    demandPython(this, 'torch');
    place = mkdtempSync(join(tmpdir(), 'pytorch-'));
  });
  after(() => {
    if (place) rmSync(place, { recursive: true });
  });

  const written = (folder: string, files: Readonly<Record<string, Uint8Array>>): void => {
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  };

  const filesOf = (model: Module, network: Network, training: boolean) =>
    exportPyTorch(model, {
      input: ['batch', ...network.sample],
      tokens: network.tokens ?? false,
      dtype: 'float64',
      training,
    });

  function prepared(network: Network, at: number): Expected {
    const model = network.make();
    const x = drawn([4, ...network.sample], at, network.tokens);
    const forward = (): Tensor => model.forward(x as never) as Tensor;
    forward();
    const random = new Random(at);
    for (const one of model.parameters()) one.value = draw(one.shape, () => random.normal() / 2, 'float64');
    const folder = join(place, 'all', String(at));
    let canTrain = true;
    try {
      written(folder, { ...filesOf(model, network, true) });
    } catch (error) {
      if (!(error instanceof NormtapeError)) throw error;
      canTrain = false;
      written(folder, { ...filesOf(model, network, false) });
    }
    const results = new Map<string, NdArray>([['inference', model.eval() && forward().value]]);
    const given: Record<string, Tensor> = { x };
    if (canTrain) {
      const seed = drawn(forward().shape, at + 1);
      model.train();
      let y = seed;
      const { gradients } = valueAndGrad(() => sum(mul((y = forward()), seed)), model);
      results.set('training', y.value);
      const pulled = new Map([...gradients]);
      for (const [name, one] of model.namedParameters())
        if (pulled.has(one)) results.set(`gradient ${name}`, pulled.get(one)!.value);
      for (const [name, { value }] of model.statistics()) results.set(`moved ${name}`, value);
      Object.assign(given, { seed });
    }
    written(folder, {
      'given.safetensors': writeSafetensors(given),
      ...(network.tokens && { tokens: new Uint8Array() }),
    });
    const names = [...model.namedParameters().keys(), ...model.statistics().keys()];
    return { network, folder, canTrain, results, names };
  }

  it('computes outputs in both modes, gradients and statistics as we do: every norm, and blocks', () => {
    const networks = [...normalizationTypes.map((type) => around(type, 'float64')), ...blocks('float64')];
    const all = networks.map((network, i) => prepared(network, i + 1));
    run('run', join(place, 'all'));
    const rows = ['', 'worst relative difference (float64): inference, training, gradients, statistics'];
    const refused: string[] = [];
    for (const { network, folder, canTrain, results, names } of all) {
      const { tensors } = readSafetensors(readFileSync(join(folder, 'found.safetensors')));
      const stated = Object.keys(tensors).flatMap((name) => /^name (.*)/.exec(name)?.[1] ?? []);
      expect(stated.sort(), network.name).to.deep.equal([...names].sort());
      const worst: Record<string, number> = {};
      for (const [name, value] of results) {
        const [kind] = name.split(' ') as [string];
        // A weight that no path leads to has no gradient there, and zeros here.
        const found = tensors[name]?.data ?? new Float64Array(flat(value).length);
        worst[kind] = Math.max(worst[kind] ?? 0, difference(found, value));
      }
      if (!canTrain) refused.push(network.name);
      const figures = ['inference', 'training', 'gradient', 'moved'].map((kind) =>
        (worst[kind]?.toExponential(1) ?? '').padStart(8),
      );
      rows.push(`${network.name.padEnd(46)} ${figures.join(' ')}`);
      for (const [kind, off] of Object.entries(worst))
        expect(off, `${network.name}, ${kind}`).to.be.at.most(1e-9);
    }
    console.log(rows.join('\n'));
    expect(refused).to.deep.equal(['power_norm']);
  });

  it('drops elements and whole channels in training mode, and none in eval mode', () => {
    const cases = {
      elements: {
        sample: [5],
        rate: 0.25,
        channel: 1,
        kept: new Dense(400, { seed: 1 }),
        drop: new Dropout(0.25),
      },
      channels: {
        sample: [3, 3, 2],
        rate: 0.5,
        channel: 9,
        kept: new Conv2D(400, 1, { seed: 1 }),
        drop: new SpatialDropout2D(0.5),
      },
    };
    for (const [name, { sample, rate, channel, kept, drop }] of Object.entries(cases)) {
      const model = new Sequential([kept, drop]);
      const x = drawn([1, ...sample], 1);
      const seed = model.forward(x);
      const folder = join(place, 'dropout', name);
      written(folder, { ...exportPyTorch(model, { input: ['batch', ...sample], dtype: 'float64' }) });
      written(folder, { 'given.safetensors': writeSafetensors({ x, seed }) });
      run('run', join(place, 'dropout'));
      const { tensors } = readSafetensors(readFileSync(join(folder, 'found.safetensors')));
      const whole = flat(kept.forward(x).value);
      expect(difference(tensors['inference']!.data, kept.forward(x).value)).to.be.at.most(1e-12);
      const found = [...tensors['training']!.data];
      const share = found.filter((value) => value === 0).length / found.length;
      expect(share).to.be.closeTo(rate, 0.1);
      found.forEach((value, i) => {
        if (value !== 0) expect(value).to.be.closeTo(whole[i]! / (1 - rate), 1e-9);
        // Pixels of a channel lie 400 numbers apart.
        if (channel > 1) expect(value === 0).to.equal(found[i % 400] === 0);
      });
    }
  });

  it('trains on in two processes with DistributedDataParallel, as in one, and as here', () => {
    const STEPS = 20;
    const rows = ['', 'after 20 steps: one process and here, two processes and one'];
    for (const network of [around('layer_norm', 'float64'), blocks('float64')[0]!]) {
      const model = network.make();
      const shape = [STEPS, 8, ...network.sample];
      const x = drawn(shape, 1);
      const at = (all: Tensor, i: number): Tensor => {
        const [, ...one] = all.shape;
        const size = one.reduce((product, n) => product * n, 1);
        const part = flat(all.value).subarray(i * size, (i + 1) * size);
        return new Tensor(
          draw(
            one,
            (() => {
              let k = 0;
              return () => part[k++]!;
            })(),
            'float64',
          ),
        );
      };
      const y = (model.forward(at(x, 0) as never) as Tensor).shape;
      const target = drawn([STEPS, ...y], 2);
      const optimizer = new SGD({ learningRate: 0.05, momentum: 0.9, convention: 'pytorch' });
      const step = (i: number): void => {
        const loss = () => meanSquaredError(model.forward(at(x, i) as never) as Tensor, at(target, i));
        optimizer.step(valueAndGrad(loss, model).gradients);
      };
      const folder = join(place, network.name.replace(/\W+/g, '-'));
      written(folder, {
        ...filesOf(model, network, true),
        'given.safetensors': writeSafetensors({ x, target }),
      });
      run('train', folder, '1');
      run('train', folder, '2');
      for (let i = 0; i < STEPS; i++) step(i);
      const [one, two] = [1, 2].map(
        (processes) =>
          readSafetensors(readFileSync(join(folder, `trained.${processes}.safetensors`))).tensors,
      ) as [Record<string, NdArray>, Record<string, NdArray>];
      const here: Record<string, NdArray> = model.stateDict();
      expect(Object.keys(one).sort()).to.deep.equal(Object.keys(here).sort());
      const [asHere, asOne] = [0, 0].map((_, k) =>
        Math.max(
          ...Object.keys(here).map((name) =>
            k === 0 ? difference(one[name]!.data, here[name]!) : difference(two[name]!.data, one[name]!),
          ),
        ),
      ) as [number, number];
      rows.push(`${network.name.padEnd(46)} ${asHere.toExponential(1)} ${asOne.toExponential(1)}`);
      expect(asHere).to.be.at.most(1e-9);
      expect(asOne).to.be.at.most(1e-9);
      // The weights go back into the model.
      model.loadStateDict(two as never);
    }
    console.log(rows.join('\n'));
  });
});
