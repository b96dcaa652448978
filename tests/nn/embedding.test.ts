import { expect } from 'chai';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { tensor } from '../../src/autograd/create.js';
import { vjp } from '../../src/autograd/vjp.js';
import { Embedding } from '../../src/nn/embedding.js';
import { LearnedPositions, RotaryPositions, SinusoidalPositions } from '../../src/nn/positions.js';
import { rotary, slice, sub } from '../../src/ops/catalog.js';
import { ones, randomNormal, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;

describe('an embedding', () => {
  it('gives the row of each token, for ids in any form', () => {
    const layer = new Embedding(5, 3, { seed: 1 });
    const rows = layer.embeddings.toArray() as number[][];
    const wanted = [
      [0, 4],
      [4, 2],
    ];
    const expected = wanted.map((line) => line.map((id) => rows[id]));
    expect(layer.forward(wanted).toArray()).to.deep.equal(expected);
    expect(layer.forward(tensor(wanted)).toArray()).to.deep.equal(expected);
    expect(layer.forward(Int32Array.of(4, 2)).toArray()).to.deep.equal(expected[1]);
    expect(layer.forward(tensor(3)).toArray()).to.deep.equal(rows[3]);
    expect(layer.built).to.equal(true);
    expect(Math.max(...rows.flat().map(Math.abs))).to.be.below(0.05);
  });

  it('accumulates the gradients of a repeated token', () => {
    const layer = new Embedding(3, 2, { ...wide, seed: 1 });
    const { pullback } = vjp(() => layer.forward([2, 0, 2]));
    const g = tensor(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      wide,
    );
    expect(pullback(g).of(layer.embeddings)!.toArray()).to.deep.equal([
      [3, 4],
      [0, 0],
      [6, 8],
    ]);
  });

  it('rejects ids and sizes out of range', () => {
    const layer = new Embedding(5, 3);
    for (const [ids, stray] of [
      [[5], '5'],
      [[[0, -1]], '-1'],
      [[0.5], '0.5'],
      [[NaN], 'NaN'],
    ] as const)
      expect(failure(() => layer.forward(ids as unknown as number[]))).to.equal(
        `Embedding: expected token ids from 0 to 4, received ${stray}.`,
      );
    expect(failure(() => new Embedding(0, 3))).to.include('Embedding.inputDim: expected');
    expect(failure(() => new Embedding(3, undefined as never))).to.include('Embedding.outputDim: expected');
  });

  it('starts from the same bits for the same seed, with its regularizer and constraint', () => {
    const bits = (seed: number) => new Embedding(4, 4, { seed }).embeddings.toArray();
    expect(bits(1)).to.deep.equal(bits(1));
    expect(bits(1)).not.to.deep.equal(bits(2));
    const layer = new Embedding(2, 2, {
      embeddingsInitializer: 'ones',
      embeddingsRegularizer: { type: 'l1', l1: 0.5 },
      embeddingsConstraint: 'non_neg',
    });
    expect(layer.penalty().item()).to.equal(2);
    expect([...layer.embeddings.constraint!(tensor([-1, 2]).value).data]).to.deep.equal([0, 2]);
  });
});

describe('positions', () => {
  const x = randomNormal([2, 4, 6], { seed: 1, ...wide });

  it('that are learned add the row of each position, from the offset', () => {
    const layer = new LearnedPositions(5, { seed: 2 });
    const y = layer.forward(x, { offset: 1 });
    const table = layer.embeddings!.toArray() as number[][];
    expect(layer.embeddings!.shape).to.deep.equal([5, 6]);
    const [first] = x.toArray() as number[][][];
    expect((y.toArray() as number[][][])[0]).to.deep.equal(
      first!.map((row, i) => row.map((value, j) => value + table[i + 1]![j]!)),
    );
    assertGradients((input) => layer.forward(input!, { offset: 1 }), [x, layer.embeddings!]);
  });

  it('that are sinusoidal are sines and cosines of falling frequency', () => {
    const layer = new SinusoidalPositions({ base: 100 });
    const waves = layer.forward(zeros([3, 5], wide), { offset: 2 }).toArray() as number[][];
    waves.forEach((row, i) =>
      row.forEach((value, j) => {
        const angle = (i + 2) / 100 ** ((2 * Math.floor(j / 2)) / 5);
        expect(value).to.be.closeTo(j % 2 ? Math.cos(angle) : Math.sin(angle), 1e-13);
      }),
    );
    expect(layer.parameters()).to.deep.equal([]);
  });

  it('that are rotary equal the op', () => {
    expect(new RotaryPositions({ base: 50 }).forward(x, { offset: 3 }).toArray()).to.deep.equal(
      rotary(x, { base: 50, offset: 3 }).toArray(),
    );
  });

  it('continue where an earlier part ended', () => {
    const layers = [new LearnedPositions(6, { seed: 1 }), new SinusoidalPositions(), new RotaryPositions()];
    for (const layer of layers) {
      const whole = layer.forward(x);
      const rest = layer.forward(slice(x, [[], [3]]), { offset: 3 });
      expect(rest.toArray()).to.deep.equal(slice(whole, [[], [3]]).toArray());
      expect(slice(sub(layer.forward(x, { offset: 1 }), whole), [0, 3]).toArray()).not.to.deep.equal(
        zeros([6]).toArray(),
      );
    }
  });

  it('reject inputs that do not fit', () => {
    const layer = new LearnedPositions(3);
    const long = 'LearnedPositions: expected a sequence of at most 3 positions, received ';
    expect(failure(() => layer.forward(zeros([2, 4, 6])))).to.equal(
      `${long}4. Shorten it, or allow more positions by contextLength or maxLength.`,
    );
    expect(failure(() => layer.forward(zeros([2, 1, 6]), { offset: 3 }))).to.include(`${long}4.`);
    expect(layer.built).to.equal(false);
    layer.forward(zeros([2, 3, 6]));
    expect(failure(() => layer.forward(zeros([2, 3, 5])))).to.equal(
      'LearnedPositions: expected sequences of width 6, as before, received [2,3,5].',
    );
    expect(failure(() => layer.forward(ones([6])))).to.equal(
      'LearnedPositions: expected sequences [..., length, width], received [6].',
    );
    expect(failure(() => new SinusoidalPositions().forward(ones([2, 2]), { offset: -1 }))).to.equal(
      'SinusoidalPositions.forward.offset: expected a whole number from 0, received -1.',
    );
    expect(failure(() => new RotaryPositions({ base: 0 }))).to.include('RotaryPositions.base: expected');
    expect(failure(() => new LearnedPositions(undefined as never))).to.include(
      'LearnedPositions.maxLength: expected',
    );
  });
});
