import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  Random,
  distance,
  fromFlat,
  fromSource,
  matmul,
  mul,
  reshape,
  scale,
  sub,
  toNested,
  transpose,
} from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { orthonormal } from '../../src/nn/orthonormal.js';
import { Muon, type MuonOptions } from '../../src/optim/muon.js';
import { orthogonalize } from '../../src/optim/orthogonalize.js';

/** A matrix of known singular values, U S Vᵀ, and the same with each s replaced by f(s). */
function known(rows: number, columns: number, values: readonly number[], seed: number) {
  const random = new Random(seed);
  const count = values.length;
  const left = fromFlat(
    orthonormal(rows, count, () => random.normal()),
    [rows, count],
  );
  const right = fromFlat(
    orthonormal(count, columns, () => random.normal()),
    [count, columns],
  );
  return (f: (s: number) => number): NdArray =>
    matmul(mul(left, fromSource(Float64Array.from(values, f))), right);
}

const shape = fc.record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) });
const matrices = shape.chain(({ rows, columns }) => {
  const minLength = Math.min(rows, columns);
  const values = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength, maxLength: minLength });
  return fc.record({ rows: fc.constant(rows), columns: fc.constant(columns), values, seed: fc.nat() });
});

describe('the orthogonalization of Muon', () => {
  const polynomial = (s: number): number => 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  const times =
    (steps: number) =>
    (s: number): number =>
      steps === 0 ? s : polynomial(times(steps - 1)(s));

  it('takes each singular value through the polynomial, and leaves singular vectors as they are', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 5 }), ({ rows, columns, values, seed }, steps) => {
        const matrix = known(rows, columns, values, seed);
        const whole = Math.hypot(...values);
        const expected = matrix((s) => times(steps)(s / whole));
        expect(
          distance(
            orthogonalize(
              matrix((s) => s),
              steps,
            ),
            expected,
          ),
        ).to.be.below(1e-11);
      }),
    );
  });

  it('brings singular values from 0.002 of the length upwards to between 0.68 and 1.21', () => {
    for (let s = 0.002; s <= 1; s += 1e-3) expect(times(5)(s)).to.be.within(0.68, 1.21);
  });

  it('sees no factor, however large or small', () => {
    fc.assert(
      fc.property(
        matrices,
        fc.constantFrom(2 ** -1000, 2 ** 1000),
        ({ rows, columns, values, seed }, factor) => {
          const matrix = known(rows, columns, values, seed)((s) => s);
          expect(distance(orthogonalize(scale(matrix, factor), 5), orthogonalize(matrix, 5))).to.equal(0);
        },
      ),
    );
  });

  it('leaves zeros', () => {
    expect(toNested(orthogonalize(fromSource([[0, 0]]), 5))).to.deep.equal([[0, 0]]);
  });
});

describe('Muon', () => {
  function stepped(start: NdArray, gradients: readonly NdArray[], options: MuonOptions) {
    const leaf = new Parameter(start);
    const muon = new Muon(options);
    for (const gradient of gradients) muon.step(new Gradients(new Map([[leaf, new Tensor(gradient)]])));
    return { value: leaf.value, muon, leaf };
  }

  it('moves a matrix by the rate times what is orthogonal, more where there are more outputs than inputs', () => {
    fc.assert(
      fc.property(matrices, fc.boolean(), ({ rows, columns, values, seed }, nesterov) => {
        const start = fromFlat(new Float64Array(rows * columns).fill(3), [rows, columns]);
        const gradients = [seed, seed + 1].map((one) => known(rows, columns, values, one)((s) => s));
        const settings = { learningRate: 0.1, momentum: 0.5, weightDecay: 0.2, nesterov };
        const { value } = stepped(start, gradients, settings);
        const [g1, g2] = gradients as [NdArray, NdArray];
        const plus = (a: NdArray, b: NdArray, share: number): NdArray => sub(a, scale(b, -share));
        const velocity = plus(g2, g1, 0.5);
        const pushes = nesterov ? [plus(g1, g1, 0.5), plus(g2, velocity, 0.5)] : [g1, velocity];
        const stride = 0.1 * Math.sqrt(Math.max(1, columns / rows));
        const expected = pushes.reduce(
          (w, push) => plus(scale(w, 0.98), orthogonalize(push, 5), -stride),
          start,
        );
        expect(distance(value, expected)).to.be.below(1e-9);
      }),
    );
  });

  it('turns with the gradient: a rotated problem is the same problem', () => {
    const gradient = known(4, 3, [1, 0.5, 0.2], 5)((s) => s);
    const rotation = fromFlat(orthonormal(4, 4, Random.prototype.normal.bind(new Random(8))), [4, 4]);
    const zeros = fromFlat(new Float64Array(12), [4, 3]);
    const { value } = stepped(zeros, [gradient], { learningRate: 1 });
    const rotated = stepped(zeros, [matmul(rotation, gradient)], { learningRate: 1 }).value;
    expect(distance(rotated, matmul(rotation, value))).to.be.below(1e-12);
    expect(distance(matmul(transpose(rotation), rotated), value)).to.be.below(1e-12);
  });

  it('takes the last axis of a larger array for the columns', () => {
    const gradient = known(6, 2, [1, 0.3], 5)((s) => s);
    const flat = stepped(fromFlat(new Float64Array(12), [6, 2]), [gradient], {}).value;
    const lifted = stepped(fromFlat(new Float64Array(12), [3, 2, 2]), [reshape(gradient, [3, 2, 2])], {});
    expect(lifted.value.shape).to.deep.equal([3, 2, 2]);
    expect([...lifted.value.data]).to.deep.equal([...flat.data]);
  });

  it('moves vectors, and what is excluded, as AdamW does at its share of the rate', () => {
    const settings = {
      learningRate: 0.1,
      adamRate: 0.5,
      beta1: 0.5,
      beta2: 0.75,
      epsilon: 1,
      weightDecay: 0.2,
    };
    const [vector, matrix] = [new Parameter(tensor([1])), new Parameter(tensor([[1]]))];
    const muon = new Muon({ ...settings, exclude: [matrix] });
    const gradients = new Gradients(
      new Map([
        [vector, tensor([4])],
        [matrix, tensor([[4]])],
      ]),
    );
    muon.step(gradients);
    // m̂ = 4, √v̂ = 4: w = 1 − 0.05 · 0.2 − 0.05 · 4 / 5.
    expect([vector.item(), matrix.item()].map((w) => w.toFixed(6))).to.deep.equal(['0.950000', '0.950000']);
    expect(Object.keys(muon.stateDict([vector, matrix]))).to.deep.equal([
      'steps',
      '0.steps',
      '0.mean',
      '0.square',
      '1.steps',
      '1.mean',
      '1.square',
    ]);
  });

  it('outlasts a gradient near the largest number, whose push ahead is beyond it', () => {
    for (const [dtype, largest] of [
      ['float32', 3e38],
      ['float64', 1.7e308],
    ] as const) {
      const after = (size: number): number[] => {
        const leaf = new Parameter(tensor([[1, 2]], { dtype }));
        new Muon().step(new Gradients(new Map([[leaf, tensor([[size, -size / 2]], { dtype })]])));
        return [...leaf.value.data];
      };
      after(largest).forEach((w, i) => expect(w).to.be.closeTo(after(1)[i]!, 1e-6));
    }
  });

  it('goes on from a saved state with the same bits, matrices and vectors', () => {
    const make = () => [new Parameter(tensor([[1, 2]])), new Parameter(tensor([3]))] as const;
    const step = (muon: Muon, [matrix, vector]: ReturnType<typeof make>) =>
      muon.step(
        new Gradients(
          new Map([
            [matrix, tensor([[0.3, -2]])],
            [vector, tensor([5])],
          ]),
        ),
      );
    const [one, other, first, second] = [new Muon(), new Muon(), make(), make()];
    step(one, first);
    first.forEach(({ value }, i) => (second[i]!.value = value));
    const state = one.stateDict(first);
    expect(Object.keys(state)).to.include.members(['0.velocity', '1.mean']).and.not.include('0.mean');
    other.loadStateDict(state, second);
    step(one, first);
    step(other, second);
    expect(second.map((leaf) => leaf.toArray())).to.deep.equal(first.map((leaf) => leaf.toArray()));
    const excluding = new Muon({ exclude: [second[0]] });
    expect(() => excluding.loadStateDict(state, second)).to.throw('Muon.loadStateDict: expected');
  });
});
