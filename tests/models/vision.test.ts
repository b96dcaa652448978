import { expect } from 'chai';
import { distance } from '../../src/array/index.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { ConvNeXtBlock, type ConvNeXtBlockOptions } from '../../src/models/convnext-block.js';
import { ResidualBlock, type ResidualBlockOptions } from '../../src/models/residual-block.js';
import { add, gelu, relu } from '../../src/ops/catalog.js';
import { ones, randomNormal } from '../../src/ops/create.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
const normal = (shape: readonly number[], seed: number): Tensor => randomNormal(shape, { seed, ...wide });
const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);
const x = normal([2, 4, 5, 3], 1);

const shapesOf = (module: { stateDict(): Record<string, { shape: readonly number[] }> }) =>
  Object.fromEntries(Object.entries(module.stateDict()).map(([name, { shape }]) => [name, [...shape]]));

describe('the block of ConvNeXt V2', () => {
  it('computes the formula of the paper', () => {
    const block = new ConvNeXtBlock({ channels: 3, seed: 1 });
    block.forward(x);
    block.parameters().forEach((weight, i) => (weight.value = normal(weight.shape, 30 + i).value));
    const up = block.up.forward(block.norm!.forward(block.depthwise.forward(x)));
    const made = block.down.forward(block.responseNorm!.forward(gelu(up)));
    expect(gap(block.forward(x), add(x, made))).to.equal(0);
    expect(shapesOf(block)).to.deep.equal({
      'depthwise.kernel': [7, 7, 3, 1],
      'depthwise.bias': [3],
      'norm.gamma': [3],
      'norm.beta': [3],
      'up.kernel': [3, 12],
      'up.bias': [12],
      'response_norm.gamma': [1, 1, 1, 12],
      'response_norm.beta': [1, 1, 1, 12],
      'down.kernel': [12, 3],
      'down.bias': [3],
    });
  });

  it('starts with response normalization as the identity by default', () => {
    const gamma = (options: object) => new ConvNeXtBlock({ channels: 3, seed: 1, ...options });
    const [fresh, without] = [gamma({}), gamma({ responseNormalization: 'none' })];
    expect(gap(fresh.forward(x), without.forward(x))).to.equal(0);
    expect(
      gap(fresh.forward(x), gamma({ responseNormalization: 'global_response_norm' }).forward(x)),
    ).to.be.above(0.01);
  });

  it('passes verifyModule', function () {
    this.timeout(60_000);
    for (const options of [
      { normalization: 'group_norm' },
      { normalization: 'none', responseNormalization: 'rms_norm', dropout: 0.25, activation: 'tanh' },
    ] as const) {
      const block = new ConvNeXtBlock({ channels: 2, kernelSize: 3, expansion: 2, seed: 1, ...options });
      const report = verifyModule(block, { input: [1, 3, 3, 2], runs: 3 });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('rejects inputs that do not fit', () => {
    expect(failure(() => new ConvNeXtBlock({} as ConvNeXtBlockOptions))).to.equal(
      'ConvNeXtBlock.channels: expected a whole number from 1, received null.',
    );
    expect(failure(() => new ConvNeXtBlock({ channels: 2 }).forward(x))).to.equal(
      'ConvNeXtBlock: expected images [samples, height, width, 2], received [2,4,5,3].',
    );
  });
});

describe('a residual block', () => {
  it('adds images unchanged if shapes agree, else through a convolution of one pixel', () => {
    const plain = new ResidualBlock({ filters: 3, seed: 1 });
    const y = plain.forward(x);
    plain.eval();
    const staged = ({ conv, norm }: ResidualBlock['first'], input: Tensor) =>
      norm!.forward(conv.forward(input));
    const made = staged(plain.second, relu(staged(plain.first, x)));
    expect(gap(plain.forward(x), relu(add(x, made)))).to.equal(0);
    expect(y.shape).to.deep.equal([2, 4, 5, 3]);
    expect(plain.shortcut).to.equal(undefined);

    for (const [options, shape] of [
      [{ filters: 5 }, [2, 4, 5, 5]],
      [{ filters: 3, stride: 2 }, [2, 2, 3, 3]],
    ] as const) {
      const block = new ResidualBlock({ ...options, normalization: 'none', seed: 1 });
      expect(block.forward(x).shape).to.deep.equal(shape);
      const { first, second, shortcut } = block;
      const inner = second.conv.forward(relu(first.conv.forward(x)));
      expect(gap(block.forward(x), relu(add(shortcut!.conv.forward(x), inner)))).to.equal(0);
      expect(shortcut!.conv.kernelSize).to.deep.equal([1, 1]);
    }
  });

  it('has a bias only without a norm', () => {
    const names = (options: Partial<ResidualBlockOptions>) => {
      const block = new ResidualBlock({ filters: 4, ...options });
      block.forward(x);
      return Object.keys(shapesOf(block));
    };
    expect(names({ normalization: 'none' })).to.deep.equal(
      ['first', 'second', 'shortcut'].flatMap((stage) => [`${stage}.conv.kernel`, `${stage}.conv.bias`]),
    );
    expect(names({})).to.deep.equal(
      ['first', 'second', 'shortcut'].flatMap((stage) => [
        `${stage}.conv.kernel`,
        ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => `${stage}.norm.${name}`),
      ]),
    );
  });

  it('builds its shortcut in its own mode', () => {
    const block = new ResidualBlock({ filters: 4, seed: 1 }).eval().freeze();
    block.forward(x);
    const parts = [...block.namedModules()].filter(([name]) => name.startsWith('shortcut'));
    expect(parts.map(([name]) => name)).to.deep.equal(['shortcut.conv', 'shortcut.norm']);
    for (const [, part] of parts) expect([part.training, part.trainable]).to.deep.equal([false, false]);
    expect(block.parameters().some(({ trainable }) => trainable)).to.equal(false);
  });

  it('passes verifyModule', function () {
    this.timeout(60_000);
    for (const options of [{ filters: 2 }, { filters: 2, stride: 2, normalization: 'layer_norm' }] as const) {
      const block = new ResidualBlock({ kernelSize: 2, activation: 'tanh', seed: 1, ...options });
      const report = verifyModule(block, { input: [2, 3, 2, 2], runs: 3 });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('rejects inputs that do not fit', () => {
    expect(failure(() => new ResidualBlock({} as ResidualBlockOptions))).to.equal(
      'ResidualBlock.filters: expected a whole number from 1, received null.',
    );
    const block = new ResidualBlock({ filters: 3 });
    expect(failure(() => block.forward(ones([2, 3])))).to.equal(
      'ResidualBlock: expected images [samples, height, width, channels], received [2,3].',
    );
    block.forward(ones([1, 2, 2, 3]));
    expect(failure(() => block.forward(ones([1, 2, 2, 4])))).to.equal(
      'Conv2D: expected images for a kernel [3,3,3,3], as before, received [1,2,2,4].',
    );
  });
});
