import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Gradients,
  Parameter,
  SGD,
  type Tensor,
  add,
  checkpoint,
  mul,
  primitive,
  randomNormal,
  scope,
  sum,
  tanh,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { type NdArray, add as plus, copy, reshape, scale, transpose } from '../../src/array/index.js';
import { free } from '../../src/autograd/scope.js';
import { accumulateGradients } from '../../src/train/index.js';

const normal = (seed: number, size: number) => randomNormal([size, size], { seed });

/** Steps that free what earlier steps retired, and use its memory. */
function stepOn(size: number): void {
  const x = normal(99, size);
  for (let i = 0; i < 4; i++) valueAndGrad(() => sum(mul(x, x)), [x]);
}

/** Ops whose pullbacks return arrays that share memory, or copies of them. */
function opsWith(own: (a: NdArray) => NdArray) {
  const incoming = primitive('incoming', (a, b) => ({
    value: plus(a, b),
    pullback: (g) => [own(g), own(g)],
  }));
  const same = primitive('same', (a, b) => ({
    value: scale(plus(a, b), 2),
    pullback(g) {
      const gradient = scale(g, 2);
      return [own(gradient), own(gradient)];
    },
  }));
  const views = primitive('views', (a, b) => ({
    value: plus(a, transpose(b, [1, 0])),
    pullback: (g) => [own(reshape(g, g.shape)), own(transpose(g, [1, 0]))],
  }));
  return [incoming, same, views, add, mul];
}

const SHARING = opsWith((a) => a);
const COPYING = opsWith(copy);

const WRAPS: readonly ((f: () => Tensor) => Tensor)[] = [
  (f) => f(),
  scope,
  checkpoint,
  (f) => checkpoint(() => tanh(checkpoint(f))),
];

interface Step {
  readonly op: number;
  readonly wrap: number;
  readonly operands: readonly [number, number];
}

const steps = fc.array(
  fc.record({
    op: fc.nat(SHARING.length - 1),
    wrap: fc.nat(WRAPS.length - 1),
    operands: fc.tuple(fc.nat(), fc.nat()),
  }),
  { minLength: 1, maxLength: 8 },
);

/** The sum of all that the steps compute; each takes its operands among the leaves and the earlier results. */
function sumOfSteps(ops: typeof SHARING, leaves: readonly Tensor[], graph: readonly Step[]): Tensor {
  const made = [...leaves];
  for (const { op, wrap, operands } of graph) {
    const [a, b] = operands.map((i) => made[i % made.length]!) as [Tensor, Tensor];
    made.push(WRAPS[wrap]!(() => tanh(ops[op]!(a, b))));
  }
  return made.slice(leaves.length).reduce((y, x) => add(y, x));
}

describe('gradients that share memory', () => {
  it('are the same as those that do not, in every way to take gradients', () => {
    const ways: readonly ((f: () => Tensor, seed: Tensor, leaves: readonly Tensor[]) => Gradients)[] = [
      (f, seed, leaves) => valueAndGrad(() => sum(mul(f(), seed)), leaves).gradients,
      (f, seed, leaves) => scope(() => valueAndGrad(() => sum(mul(f(), seed)), leaves).gradients),
      (f, seed) => {
        const { pullback } = vjp(f);
        pullback(seed);
        return pullback(seed);
      },
      (f, seed, leaves) =>
        vjp(() => {
          const { value } = valueAndGrad(() => sum(mul(f(), seed)), leaves);
          return value;
        }).pullback(),
      (f, seed, leaves) =>
        accumulateGradients([{ loss: () => sum(mul(f(), seed)), weight: 1 }], leaves).gradients,
    ];
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(...ways),
        fc.constantFrom(1, 3, 40, 70),
        fc.nat(99),
        (graph, way, size, seed) => {
          const leaves = [0, 1, 2].map((i) => normal(3 * seed + i, size));
          const found = (ops: typeof SHARING): unknown => {
            const gradients = way(() => sumOfSteps(ops, leaves, graph), normal(seed + 1, size), leaves);
            stepOn(size);
            return leaves.map((leaf) => gradients.of(leaf)?.toArray());
          };
          expect(found(SHARING)).to.deep.equal(found(COPYING));
        },
      ),
      { numRuns: 40 },
    );
  });

  for (const size of [2, 40, 70]) {
    for (const [name, op] of [['add', add], ...SHARING.map((op, i) => [`op ${i}`, op] as const)] as const) {
      it(`can be accumulated over parts that read one leaf alone: ${name} at ${size} × ${size}`, () => {
        const [a, b, seed] = [1, 2, 3].map((i) => normal(i, size)) as [Tensor, Tensor, Tensor];
        const losses = [() => op(a, b), () => a, () => a, () => a, () => a].map(
          (f) => () => sum(mul(f(), seed)),
        );
        const { gradients } = accumulateGradients(
          losses.map((loss) => ({ loss, weight: 1 })),
          [a, b],
        );
        const alone = vjp(losses[0]!).pullback();
        expect(gradients.of(b)!.toArray()).to.deep.equal(alone.of(b)!.toArray());
      });
    }

    it(`do not end with each other: one that a step used, or was freed, at ${size} × ${size}`, () => {
      const [moved, still] = [new Parameter(normal(1, size)), normal(2, size)];
      const seed = normal(3, size);
      const slopes = () => valueAndGrad(() => sum(mul(add(moved, still), seed)), [moved, still]).gradients;
      const used = slopes();
      new SGD().step(used);
      stepOn(size);
      expect(used.of(still)!.toArray()).to.deep.equal(seed.toArray());
      const freed = slopes();
      free([freed.of(moved)!]);
      expect(freed.of(still)!.toArray()).to.deep.equal(seed.toArray());
    });
  }
});
