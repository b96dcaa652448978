import { expect } from 'chai';
import { erf, normalDensity, normalShare, sigmoid, softplus } from '../../../src/kernels/special.js';
import { wide as exact } from '../../../src/verify/exact/wide.js';
import { laboratories, random } from './laboratory.js';

/** A function of float32 in float64, and how far off it a kernel may be, in units of rounding. */
interface Curve {
  readonly value: (x: number) => number;
  /** Half steps of the value itself, for all its operations together. */
  readonly units: number;
  /** The size of what is added up on the way, where it is more than the value. */
  readonly terms?: (x: number) => number;
  /** What a result below the smallest normal number may be multiplied by. */
  readonly factor?: (x: number) => number;
}

const STEEPNESS = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const inner = (x: number): number => STEEPNESS * x * (1 + CUBIC * x * x);
const turn = (x: number): number => STEEPNESS * x * (1 + 3 * CUBIC * x * x);
const magnitude = (x: number): number => Math.max(1, Math.abs(x));
/** What the formulas leave open: their limits at the infinities, where 0 · ∞ would be a NaN. */
const limits =
  (left: number, right: number, f: (x: number) => number) =>
  (x: number): number =>
    x === -Infinity ? left : x === Infinity ? right : f(x);
const silu = limits(0, Infinity, (x) => x * sigmoid(x));
const geluTanh = limits(0, Infinity, (x) => x * sigmoid(inner(x)));
const bend = limits(0, 0, (x) => {
  const s = sigmoid(inner(x));
  return Math.abs(s * sigmoid(-inner(x)) * (Number.isFinite(turn(x)) ? turn(x) : 0));
});

const CURVES = {
  exp: { value: Math.exp, units: 2 },
  log: { value: Math.log, units: 2.5 },
  // Of all float32, none is farther off than 3.15.
  tanh: { value: Math.tanh, units: 3.2 },
  sigmoid: { value: sigmoid, units: 5 },
  softplus: { value: softplus, units: 6 },
  erf: { value: erf, units: 6 },
  silu: { value: silu, units: 6, factor: magnitude },
  gelu: { value: limits(0, Infinity, (x) => x * normalShare(x)), units: 12, factor: magnitude },
  // The argument of σ has some 4 roundings, which count |2z|-fold where σ is small.
  geluTanh: {
    value: geluTanh,
    units: 7,
    terms: (x) => Math.abs(geluTanh(x)) * (1 + Math.min(200, Math.abs(inner(x))) * sigmoid(-inner(x))),
    factor: magnitude,
  },
} as const satisfies Record<string, Curve>;

const SLOPES = {
  tanh: { value: (y: number) => (1 - y) * (1 + y), units: 4 },
  sigmoid: { value: (x: number) => sigmoid(x) * sigmoid(-x), units: 9 },
  softplus: { value: sigmoid, units: 6 },
  erf: { value: (x: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x), units: 6, factor: () => 2 },
  silu: {
    value: limits(0, 1, (x) => sigmoid(x) * (1 + x * sigmoid(-x))),
    units: 9,
    terms: limits(0, 1, (x) => sigmoid(x) * (1 + Math.abs(x) * sigmoid(-x))),
    factor: magnitude,
  },
  gelu: {
    value: limits(0, 1, (x) => normalShare(x) + x * normalDensity(x)),
    units: 10,
    terms: limits(0, 1, (x) => normalShare(x) + Math.abs(x) * normalDensity(x)),
    factor: magnitude,
  },
  geluTanh: {
    value: limits(0, 1, (x) => sigmoid(inner(x)) + Math.sign(x) * bend(x)),
    units: 7,
    terms: limits(0, 1, (x) => (sigmoid(inner(x)) + bend(x)) * (1 + Math.min(200, Math.abs(inner(x))))),
    factor: (x: number) => magnitude(Math.max(-16, Math.min(16, turn(x)))) * 64,
  },
} as const satisfies Record<string, Curve>;

const SPECIAL = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  88.722831,
  88.722839,
  -87.336548,
  -103.27893,
  -103.97208,
  1e-44,
];

/** Every so many float32 of all there are, the usual arguments finely, and the special ones. */
const every = new Float32Array(new Uint32Array(21475).map((_, i) => i * 200003).buffer);
const usual = Float32Array.from({ length: 6000 }, (_, i) => (i - 3000) / 250 + 1e-4);
const arguments_ = Float32Array.of(...every, ...usual, ...SPECIAL);

const names = <T extends object>(object: T) => Object.keys(object) as (keyof T)[];

/** Whether a float32 is as near to a float64 as the curve allows. */
function near(actual: number, x: number, { value, units, terms, factor }: Curve, g = 1): boolean {
  const exact = value(x);
  const expected = Math.fround(g * exact);
  if (actual === expected || (actual !== actual && expected !== expected)) return true;
  const size = Math.abs(g) * Math.max(Math.abs(exact), terms?.(x) ?? 0);
  const open = 2 ** -24 * units * size + 2 ** -149 * ((factor?.(x) ?? 1) * Math.max(1, Math.abs(g)));
  // Where the exact value is at the edge of what there is, so may be the float32.
  if (Math.abs(expected) === Infinity || Math.abs(actual) === Infinity)
    return Math.abs(g * exact) > 3.4028e38 * (1 - 2 ** -20) && Math.sign(actual) === Math.sign(expected);
  return Math.abs(actual - g * exact) <= open;
}

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  describe(`the ${build} curves of float32`, () => {
    for (const name of names(CURVES)) {
      it(`${name}: agrees with the function everywhere`, () => {
        clear();
        const out = new Float32Array(arguments_.length);
        const [atX, atOut] = [place(arguments_), place(out)];
        kernels[`${name}32`](atX, atOut, out.length);
        const far = [...read(atOut, out)].flatMap((value, i) =>
          near(value, arguments_[i]!, CURVES[name]) ? [] : [[arguments_[i], value]],
        );
        expect(far).to.deep.equal([]);
      });

      it(`${name}: gives the same at the end of an array, and in place`, () => {
        for (let n = 0; n < 10; n++) {
          clear();
          const next = random(n);
          const x = new Float32Array(n + 4).map(() => 6 * next() - 2);
          const out = new Float32Array(n);
          const [atX, atAll, atOut] = [place(x), place(new Float32Array(12)), place(out)];
          kernels[`${name}32`](atX, atAll, (n + 4) & ~3);
          kernels[`${name}32`](atX, atOut, n);
          const whole = [...read(atAll, new Float32Array(12)).subarray(0, n)];
          expect([...read(atOut, out)]).to.deep.equal(whole);
          kernels[`${name}32`](atX, atX, n);
          expect([...read(atX, x)]).to.deep.equal([...whole, ...x.subarray(n)]);
        }
      });
    }

    it('tanh: is odd to the bit, at most 1, exactly 1 for large x, and x for small x', () => {
      clear();
      const x = arguments_.filter((value) => !Number.isNaN(value));
      const [one, other] = [place(x), place(x.map((value) => -value))];
      kernels.tanh32(one, one, x.length);
      kernels.tanh32(other, other, x.length);
      const [y, mirrored] = [read(one, x), read(other, x)];
      expect(mirrored.map((value) => -value)).to.deep.equal(y);
      const wrong = [...x].filter((value, i) => {
        const size = Math.abs(y[i]!);
        return size > 1 || (Math.abs(value) > 9.02 && size !== 1);
      });
      expect(wrong).to.deep.equal([]);
      const small = [...x.keys()].filter((i) => Math.abs(x[i]!) < 2 ** -14);
      expect(small.map((i) => y[i])).to.deep.equal(small.map((i) => x[i]));
    });

    it('erf: is within 3.5 roundings of the exact function, and its slope within 4.5', () => {
      clear();
      // Around both ends of the short polynomials, at ±√2, finely.
      const x = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) * (i % 2 ? 1 / 1000 : 0.00621));
      const [atX, atOne, atY] = [place(x), place(new Float32Array(x.length).fill(1)), place(x)];
      kernels.erf32(atX, atY, x.length);
      kernels.erfBack32(atOne, atX, atOne, x.length);
      const [y, slopes] = [read(atY, x), read(atOne, x)];
      const off = (actual: number, known: number) => Math.abs(actual - known) / (2 ** -24 * Math.abs(known));
      const far = [...x].filter((value, i) => {
        const [known, slope] = [exact.erf, exact.bell].map((f) => exact.number(f(exact.of(value))));
        return (
          value !== 0 &&
          !(off(y[i]!, known!) <= 3.5 && (slope! < 2 ** -126 || off(slopes[i]!, slope!) <= 4.5))
        );
      });
      expect(far).to.deep.equal([]);
    });

    for (const name of names(SLOPES)) {
      it(`${name}: computes the gradient`, () => {
        clear();
        const x = name === 'tanh' ? arguments_.filter((y) => !(Math.abs(y) > 1)) : arguments_;
        const next = random(x.length);
        const g = x.map(() => 4 * next() - 2);
        const [atG, atX] = [place(g), place(x)];
        const ends = [0, 1, 2, 3];
        for (const end of ends) {
          const out = new Float32Array(x.length - end);
          const atOut = place(out);
          kernels[`${name}Back32`](atG, atX, atOut, out.length);
          const far = [...read(atOut, out)].flatMap((value, i) =>
            near(value, x[i]!, SLOPES[name], g[i]) ? [] : [[x[i], g[i], value]],
          );
          expect(far).to.deep.equal([]);
        }
      });
    }
  });
}
