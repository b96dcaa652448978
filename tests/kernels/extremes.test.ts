import { expect } from 'chai';
import fc from 'fast-check';
import { flat } from '../../src/array/index.js';
import {
  type Tensor,
  conv2d,
  einsum,
  kernelInfo,
  logSoftmax,
  matmul,
  mean,
  mul,
  randomNormal,
  reshape,
  setKernels,
  slice,
  softmax,
  sum,
  tensor,
  transpose,
  variance,
  vjp,
} from '../../src/index.js';
import {
  accepts,
  createNormalizationLayer,
  namesOthers,
  normalizationTypes,
  norms,
} from '../support/every-norm.js';
import { beside } from '../support/beside.js';
import { threeIfNeeded } from '../support/fitting.js';
import { runs } from '../support/runs.js';
import { random } from './wasm/laboratory.js';

// Compiled kernels add some numbers in float32 before they add them in float64. At magnitudes whose sums float32 does not
// hold they have to be as finite as the kernels in JavaScript, which add everything in float64.

const MOST = (2 - 2 ** -23) * 2 ** 127;
const PATTERNS: readonly ((i: number, columns: number, next: () => number) => number)[] = [
  () => 1,
  (i) => (i % 2 ? 1 : -1),
  (i, columns) => (Math.floor(i / columns) % 2 ? 1 : -1),
  (_, __, next) => 1 + next() / 128,
  (_, __, next) => 2 * next() - 1,
];

const drawn = fc.record({
  rows: fc.constantFrom<number>(2, 8, 9, 16, 33),
  columns: fc.constantFrom(3, 5, 16, 37),
  size: fc.constantFrom(1e-45, 1e-38, 1, 1e19, 1e37, 5e37, 1e38, 3.3e38),
  pull: fc.constantFrom(1, 1e37, 1e38),
  pattern: fc.constantFrom(...PATTERNS),
  seed: fc.integer(),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer D> ? D : never;
type Parts = Readonly<Record<string, Float64Array>>;

const made = ({ rows, columns, size, pattern, seed }: Drawn): Tensor => {
  const next = random(seed);
  const data = Float32Array.from({ length: rows * columns }, (_, i) => size * pattern(i, columns, next));
  return tensor(data, { shape: [rows, columns] });
};

const numbers = (x: Tensor): Float64Array => Float64Array.from(flat(x.value));

function through(f: () => readonly Tensor[], of: () => readonly Tensor[], pull: number): Parts {
  const { value, pullback } = vjp(f);
  const gradients = pullback(value.map((y, i) => mul(randomNormal(y.shape, { seed: i }), pull)));
  const pulled = of().flatMap((x) => gradients.of(x) ?? []);
  return Object.fromEntries([
    ...value.map((y, i) => [`y${i}`, numbers(y)] as const),
    ...pulled.map((dx, i) => [`d${i}`, numbers(dx)] as const),
  ]);
}

/**
 * Where one kernel set is finite and another is not, or they are no rounding apart. A gradient is rounded as what it is
 * pulled from, of which little may be left; what is near the largest number may be ∞ in one of them.
 */
function difference(expected: Parts, actual: Parts, { size, pull }: Drawn): string | undefined {
  for (const [name, values] of Object.entries(expected)) {
    const most = values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
    const rounding = name.startsWith('d') ? (1e-5 * pull) / Math.max(1e-3, Math.min(1, size)) : 1e-6;
    for (const [i, value] of values.entries()) {
      const other = actual[name]![i]!;
      if (!Number.isFinite(value) || Math.abs(value) > MOST * (1 - 1e-5)) continue;
      if (!(Math.abs(value - other) <= 1e-3 * most + rounding)) return `${name}[${i}]: ${other} for ${value}`;
    }
  }
  return undefined;
}

describe('kernel sets at the ends of float32', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  const check = (run: (drawn: Drawn) => Parts) =>
    fc.assert(
      fc.property(drawn, (given) => {
        setKernels('js');
        const expected = run(given);
        for (const set of kernelInfo().available) {
          setKernels(set);
          expect(difference(expected, run(given), given), `${set}, ${JSON.stringify(given)}`).to.equal(
            undefined,
          );
        }
      }),
      { numRuns: runs(0.3) },
    );

  for (const type of normalizationTypes) {
    it(`agree on ${type}, its gradients and its state`, () =>
      check((drawn) => {
        const columns = accepts(type, [drawn.rows, drawn.columns]) ? drawn.columns : 3;
        // Of two numbers that are centered and divided by their length a sign is left, whose gradient is nothing but rounding.
        const given = { ...drawn, columns, rows: namesOthers(type) ? Math.max(3, drawn.rows) : drawn.rows };
        const rows = made(given);
        const x = reshape(rows, threeIfNeeded(norms[type], rows.shape));
        const layer = createNormalizationLayer(type);
        const inputs = beside(layer, x);
        const forward = () => [layer.forward(x, inputs)].flat() as readonly Tensor[];
        const leaves = () => [x, ...layer.parameters(), ...Object.values(inputs)];
        const parts = through(forward, leaves, given.pull);
        const state = Object.entries(layer.stateDict());
        return { ...parts, ...Object.fromEntries(state.map(([k, a]) => [k, Float64Array.from(flat(a))])) };
      }));
  }

  const ops: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
    softmax: (x) => softmax(x, -1),
    logSoftmax: (x) => logSoftmax(x, -1),
    mean: (x) => mean(x, 0),
    sum: (x) => sum(x, -1),
    variance: (x) => variance(x, 0),
    matmul: (x, y) => matmul(x, transpose(y)),
    einsum: (x, y) => einsum('ij,ij->j', x, y),
    conv2d: (x, y) =>
      conv2d(
        reshape(x, [1, ...x.shape, 1]),
        reshape(
          slice(y, [
            [0, 2],
            [0, 3],
          ]),
          [2, 3, 1, 1],
        ),
      ),
  };
  for (const [name, op] of Object.entries(ops)) {
    it(`agree on ${name} and its gradients`, () =>
      check((given) => {
        const [x, y] = [made(given), made({ ...given, size: 1, pattern: PATTERNS[4]! })];
        return through(
          () => [op(x, y)],
          () => [x, y],
          given.pull,
        );
      }));
  }
});
