import { expect } from 'chai';
import fc from 'fast-check';
import { erf } from '../../../src/kernels/special.js';
import { laboratories, random } from './laboratory.js';
import { numbers as numbersOf, seeds, within } from './normalization.js';

/** Half the step above 1, and the smallest number, of float32. */
const [UNIT, LEAST] = [2 ** -24, 2 ** -149];

const layouts = fc.record({
  // More rows than are added in float32 before they are added in float64.
  outer: fc.integer({ min: 0, max: 20 }),
  n: fc.integer({ min: 0, max: 40 }),
  inner: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 11 })),
});

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never;

const sizes = fc.constantFrom(1, 1, 1e-3, 1e30, 1e38, 1e-30, 1e-44);
const slopes = fc.constantFrom(0.5, 0.5, -2, 0, 1e30, 1e-30).map(Math.fround);

const numbers = (length: number, next: () => number, size = 1): Float32Array =>
  numbersOf(Float32Array, length, next, size) as Float32Array;

/** A curve f by the number of the kernels, its slope at z from t = f(z), and the part of a number x in what returns as dα. */
interface Curve {
  readonly flag: 0 | 1 | 2;
  /** The offset s of its argument. */
  readonly offset: number;
  value(z: number): number;
  slope(z: number, t: number): number;
  part(q: number, z: number, x: number): number;
  /** The roundings of t, relative to it. */
  readonly units: number;
  /** The roundings of q, and how much of g a square that overflows float32 may cost. */
  readonly roundings: number;
  readonly lost: number;
}

/** The slope of erf. */
const bell = (z: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z);

const CURVES: Readonly<Record<'tanh' | 'isru' | 'erf', Curve>> = {
  tanh: {
    flag: 0,
    offset: 0,
    value: Math.tanh,
    slope: (_, t) => (1 - t) * (1 + t),
    part: (q, _, x) => q * x,
    units: 4.21,
    roundings: 5.01,
    lost: 0,
  },
  isru: {
    flag: 1,
    offset: 0,
    value: (z) => z / Math.hypot(1, z),
    slope: (z) => Math.hypot(1, z) ** -3,
    part: (q, z) => q * z,
    units: 4.21,
    roundings: 12,
    lost: 4e-39,
  },
  erf: {
    flag: 2,
    offset: Math.fround(-0.3),
    value: erf,
    slope: bell,
    part: (q, _, x) => q * x,
    // αx and the sum with s are rounded: the test adds how far that moves the curve.
    units: 3.5,
    roundings: 9,
    // Beyond 13.2 the slope is taken for 0.
    lost: 1.3e-76,
  },
};

/** How far the slope of erf may be from that at z, if z moves so far. */
const drift = (z: number, by: number): number => {
  const nearest = Math.max(0, Math.abs(z) - by);
  return Math.max(bell(nearest) - bell(z), bell(z) - bell(Math.abs(z) + by));
};

/** How far the roundings of αx and of its sum with s, which is z, move z. */
const movedBy = (product: number, z: number): number => UNIT * (Math.abs(product) + Math.abs(z)) + LEAST;

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  const workFor = ({ n, inner }: Layout): Uint8Array => new Uint8Array(kernels.squashWork(n, inner));

  /** Runs the forward kernel on copies. */
  const squash = (
    x: Float32Array,
    alpha: number,
    w: Float32Array | 0,
    b: Float32Array | 0,
    layout: Layout,
    { flag, offset }: Curve = CURVES.tanh,
  ) => {
    clear();
    const { outer, n, inner } = layout;
    const [like, room] = [new Float32Array(x.length), workFor(layout)];
    const [atT, atY, work] = [place(like), place(like), place(room)];
    const [atX, atW, atB] = [x, w, b].map((values) => values && place(values)) as [number, number, number];
    kernels.squash32(atX, alpha, offset, atW, atB, atT, atY, work, outer, n, inner, flag);
    read(work, room);
    return { t: read(atT, like), y: read(atY, like) };
  };

  interface Wanted {
    readonly x: boolean;
    readonly gain: boolean;
    readonly shift: boolean;
  }
  const ALL: Wanted = { x: true, gain: true, shift: true };

  /** Runs the backward kernel on copies, over results that hold something else. */
  const back = (
    [dy, x, t]: readonly [Float32Array, Float32Array, Float32Array],
    alpha: number,
    w: Float32Array | 0,
    layout: Layout,
    wanted = ALL,
    { flag, offset }: Curve = CURVES.tanh,
  ) => {
    clear();
    const { outer, n, inner } = layout;
    const [like, sums, room] = [new Float32Array(x.length), new Float64Array(n).fill(7), workFor(layout)];
    const [atDy, atX, atT, work] = [place(dy), place(x), place(t), place(room)];
    const [atW, atDx] = [w && place(w), wanted.x ? place(like) : 0];
    const [atGain, atShift] = [wanted.gain ? place(sums) : 0, wanted.shift ? place(sums) : 0];
    const one = new Float64Array(1).fill(7);
    const atOffset = place(one);
    const ofAlpha = kernels.squashBack32(
      atDy,
      atX,
      atT,
      alpha,
      offset,
      atW,
      atDx,
      atGain,
      atShift,
      atOffset,
      work,
      outer,
      n,
      inner,
      flag,
    );
    read(work, room);
    return {
      dx: atDx ? read(atDx, like) : undefined,
      ofGain: atGain ? read(atGain, sums) : undefined,
      ofShift: atShift ? read(atShift, sums) : undefined,
      ofAlpha,
      ofOffset: read(atOffset, one)[0]!,
    };
  };

  for (const [name, curve] of Object.entries(CURVES)) {
    describe(`the ${build} kernels of w ${name}(αx) + b`, () => {
      it('compute it, with or without w and b', () => {
        fc.assert(
          fc.property(
            layouts,
            sizes,
            slopes,
            sizes,
            fc.nat(3),
            seeds,
            (layout, size, alpha, far, given, seed) => {
              const { outer, n, inner } = layout;
              const next = random(seed);
              const x = numbers(outer * n * inner, next, 3 * size);
              const w = given & 1 ? numbers(n, next, far) : 0;
              const b = given & 2 ? numbers(n, next, far) : 0;
              const { t, y } = squash(x, alpha, w, b, layout, curve);
              x.forEach((value, p) => {
                const i = Math.floor(p / inner) % n;
                const z = alpha * value + curve.offset;
                const exact = curve.value(z);
                // αx is rounded: without an offset that moves a curve by no more than itself.
                const moved = curve.offset === 0 ? 0 : curve.slope(z, exact) * movedBy(alpha * value, z);
                within(t[p]!, exact, curve.units * UNIT * Math.abs(exact) + 1.01 * moved + LEAST);
                const [gain, shift] = [w ? w[i]! : 1, b ? b[i]! : 0];
                const product = gain * t[p]!;
                const bound = 1.01 * UNIT * (Math.abs(product) + Math.abs(product + shift)) + LEAST;
                within(y[p]!, product + shift, bound);
              });
            },
          ),
        );
      });

      it('compute the gradients of the formula, only those that are asked for', () => {
        fc.assert(
          fc.property(
            fc.tuple(layouts, slopes),
            fc.tuple(sizes, sizes, sizes),
            fc.record({ x: fc.boolean(), gain: fc.boolean(), shift: fc.boolean() }),
            fc.boolean(),
            seeds,
            ([layout, alpha], [size, far, steep], wanted, gained, seed) => {
              const { outer, n, inner } = layout;
              const next = random(seed);
              const length = outer * n * inner;
              const dy = numbers(length, next, steep).map((value) => value + 0.25 * steep);
              const x = numbers(length, next, size);
              // Any t, except that isru takes the part in dα from it.
              const t =
                curve === CURVES.isru
                  ? x.map((value) => curve.value(alpha * value))
                  : numbers(length, next, 2).map(Math.tanh);
              const w = gained ? numbers(n, next, far) : 0;
              const { dx, ofGain, ofShift, ofAlpha, ofOffset } = back(
                [dy, x, t],
                alpha,
                w,
                layout,
                wanted,
                curve,
              );

              const [gains, shifts] = [new Float64Array(n), new Float64Array(n)];
              const [gainRoom, shiftRoom] = [new Float64Array(n), new Float64Array(n)];
              let [slope, slopeRoom, sum, sumRoom] = [0, 0, 0, 0];
              x.forEach((value, p) => {
                const i = Math.floor(p / inner) % n;
                const [g, z] = [dy[p]! * (w ? w[i]! : 1), alpha * value + curve.offset];
                const q = g * curve.slope(z, t[p]!);
                // Some roundings, and two results that may be below the smallest normal number.
                const shifted = curve === CURVES.erf ? drift(z, movedBy(alpha * value, z)) * Math.abs(g) : 0;
                const rough =
                  curve.roundings * UNIT * Math.abs(q) + shifted + 2 * LEAST + curve.lost * Math.abs(g);
                if (dx)
                  within(dx[p]!, alpha * q, Math.abs(alpha) * rough + UNIT * Math.abs(alpha * q) + LEAST);
                const own = curve.part(q, z, value);
                slope += own;
                // The product is rounded, and so is the sum of two.
                slopeRoom +=
                  (curve.roundings + 4) * UNIT * Math.abs(own) + shifted * Math.abs(value) + 4 * LEAST;
                slopeRoom +=
                  curve === CURVES.isru
                    ? curve.lost * Math.abs(g)
                    : (2 * LEAST + curve.lost * Math.abs(g)) * Math.abs(value);
                sum += q;
                sumRoom += rough;
                gains[i]! += dy[p]! * t[p]!;
                // The product is rounded, and so are the sums of eight.
                gainRoom[i]! += 8.01 * UNIT * Math.abs(dy[p]! * t[p]!) + LEAST;
                shifts[i]! += dy[p]!;
                shiftRoom[i]! += 7.01 * UNIT * Math.abs(dy[p]!);
              });
              within(ofAlpha, slope, slopeRoom);
              if (curve === CURVES.erf) within(ofOffset, sum, sumRoom);
              else expect(ofOffset).to.equal(7);
              ofGain?.forEach((value, i) => within(value, gains[i]!, gainRoom[i]!));
              ofShift?.forEach((value, i) => within(value, shifts[i]!, shiftRoom[i]!));
            },
          ),
        );
      });
    });
  }

  describe(`the ${build} kernels of w tanh(αx) + b, further`, () => {
    it('round all elements of a row alike, those after the last whole vector too', () => {
      for (let n = 1; n < 24; n++) {
        for (const inner of [1, n + 1]) {
          const layout = { outer: 3, n: inner === 1 ? n : 1, inner };
          const next = random(n);
          const length = 3 * layout.n * inner;
          const [value, gain, shift, dy] = [3, 2, 1, 1].map((size) => numbers(1, next, size)[0]!);
          const row = (one: number, count: number) => new Float32Array(count).fill(one);
          const w = row(gain!, layout.n);
          for (const curve of Object.values(CURVES)) {
            const { t, y } = squash(row(value!, length), 0.7, w, row(shift!, layout.n), layout, curve);
            const { dx, ofGain } = back(
              [row(dy!, length), row(value!, length), t],
              0.7,
              w,
              layout,
              ALL,
              curve,
            );
            for (const values of [t, y, dx!, ofGain!])
              expect(new Set(values).size, `${n}, ${inner}`).to.equal(1);
          }
        }
      }
    });

    it('accumulate at most eight rows in float32', () => {
      // Beside 2²⁴ a 1 vanishes there: in the first eight rows, and in no other.
      const dy = new Float32Array(17).fill(1).with(0, 2 ** 24);
      const t = new Float32Array(17).fill(1);
      const { ofGain, ofShift } = back([dy, dy, t], 0.5, 0, { outer: 17, n: 1, inner: 1 });
      expect([...ofGain!, ...ofShift!]).to.deep.equal([2 ** 24 + 9, 2 ** 24 + 9]);
    });

    it('accumulate gradients of w and b whose partial sums overflow float32', () => {
      const layout = { outer: 11, n: 6, inner: 1 };
      const next = random(5);
      const dy = numbers(66, next).map((value, p) => (p % 6 === 2 ? 3e38 * (p < 33 ? 1 : -1) : value));
      const x = numbers(66, next);
      const t = x.map((value, p) => (p % 6 === 2 ? 1 : Math.tanh(value)));
      const clean = back([dy.map((value, p) => (p % 6 === 2 ? 0 : value)), x, t], 0.5, 0, layout);
      const { ofGain, ofShift } = back([dy, x, t], 0.5, 0, layout);
      // Six of the eleven are above 0.
      expect([ofGain![2], ofShift![2]]).to.deep.equal([Math.fround(3e38), Math.fround(3e38)]);
      for (const i of [0, 1, 3, 4, 5])
        expect([ofGain![i], ofShift![i]]).to.deep.equal([clean.ofGain![i], clean.ofShift![i]]);
    });

    it('compute dx and dα whose intermediate results overflow float32', () => {
      const layout = { outer: 1, n: 9, inner: 1 };
      const x = Float32Array.of(1, -2, 3, 0.5, 4, 1e-30, 2, -1, 0.25);
      const t = new Float32Array(9).fill(1 - 2 ** -20);
      t[3] = 1;
      const dy = new Float32Array(9).fill(2 ** 100);
      dy[1] = 2 ** -10;
      const w = new Float32Array(9).fill(2 ** 40);
      const slope = 2 ** -20 * (2 - 2 ** -20);
      const { dx, ofAlpha } = back([dy, x, t], 2 ** -60, w, layout);
      dy.forEach((g, p) => {
        const q = p === 3 ? 0 : g * 2 ** 40 * slope;
        within(dx![p]!, 2 ** -60 * q, 2 ** -22 * 2 ** -60 * q);
      });
      const exact = dy.reduce((sum, g, p) => sum + (p === 3 ? 0 : g * 2 ** 40 * slope * x[p]!), 0);
      within(ofAlpha, exact, 2 ** -40 * exact);
    });

    it('keep a NaN or an infinity in its element and its weights, to the bit', () => {
      const layout = { outer: 3, n: 13, inner: 1 };
      const next = random(9);
      const [x, dy, w] = [numbers(39, next, 2), numbers(39, next), numbers(13, next)];
      const clean = squash(x, 0.5, w, w, layout);
      const cleanBack = back([dy, x, clean.t], 0.5, w, layout);
      const others = (values: Float32Array | Float64Array, place: number) =>
        values.slice().fill(0, place, place + 1);
      for (const spoiler of [NaN, Infinity, -Infinity]) {
        const spoilt = x.with(17, spoiler);
        const { t, y } = squash(spoilt, 0.5, w, w, layout);
        expect(t[17]).to.deep.equal(Number.isNaN(spoiler) ? NaN : Math.sign(spoiler));
        expect(others(y, 17)).to.deep.equal(others(clean.y, 17));
        const through = back([dy, spoilt, t], 0.5, w, layout);
        expect(through.dx!.map(Math.abs)[17]).to.deep.equal(Number.isNaN(spoiler) ? NaN : 0);
        expect(others(through.dx!, 17)).to.deep.equal(others(cleanBack.dx!, 17));
        expect(others(through.ofGain!, 4)).to.deep.equal(others(cleanBack.ofGain!, 4));
        expect(through.ofAlpha).to.deep.equal(NaN);
        const pulled = back([dy.with(17, spoiler), x, clean.t], 0.5, w, layout);
        expect(Number.isFinite(pulled.dx![17])).to.equal(false);
        expect(others(pulled.dx!, 17)).to.deep.equal(others(cleanBack.dx!, 17));
        expect(others(pulled.ofShift!, 4)).to.deep.equal(others(cleanBack.ofShift!, 4));
      }
    });
  });
}
