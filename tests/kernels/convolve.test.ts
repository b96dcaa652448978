import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo } from '../../src/kernels/index.js';
import * as kernels from '../../src/kernels/index.js';
import type { Numbers, Sliding, Windows } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import { frameOf, isVast } from '../../src/kernels/wasm/frames.js';
import { waste } from '../../src/kernels/wasm/phases.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { depthwises, products, sizes, slidings, windows } from './windows.js';

type Store = Float32ArrayConstructor | Float64ArrayConstructor;

const STORES = { float32: Float32Array, float64: Float64Array } as const;

/** Both families of kernels, by what they are called. */
const FAMILIES = {
  convolve: {
    cases: slidings,
    forward: 'convolve',
    images: 'convolveImages',
    kernel: 'convolveKernel',
  },
  depthwise: {
    cases: depthwises,
    forward: 'depthwise',
    images: 'depthwiseImages',
    kernel: 'depthwiseKernel',
  },
} as const;

type Family = (typeof FAMILIES)[keyof typeof FAMILIES];

interface Operands {
  readonly x: Numbers;
  readonly kernel: Numbers;
  readonly g: Numbers;
}

/** Whole numbers so small that every sum of their products is exact in float32, in any order. */
function whole(sliding: Sliding, seed: number, Kind: Store): Operands {
  const next = random(seed);
  const { images, kernel, output } = sizes(sliding);
  const numbers = (n: number) => new Kind(n).map(() => Math.round(16 * next()) - 8);
  return { x: numbers(images), kernel: numbers(kernel), g: numbers(output) };
}

function normal(sliding: Sliding, seed: number, Kind: Store): Operands {
  const next = random(seed);
  const { images, kernel, output } = sizes(sliding);
  const numbers = (n: number) => new Kind(n).map(() => next() + next() - 1);
  return { x: numbers(images), kernel: numbers(kernel), g: numbers(output) };
}

/** The output and both gradients, by a table of kernels. */
function run(by: typeof js, { forward, images, kernel: of }: Family, sliding: Sliding, operands: Operands) {
  const { x, kernel, g } = operands;
  const value = g.slice().fill(7);
  const ofX = x.slice().fill(7);
  const ofKernel = new Float64Array(kernel.length).fill(7);
  by[forward](x, kernel, sliding, value);
  by[images](g, kernel, sliding, ofX);
  by[of](g, x, sliding, ofKernel);
  return { value, ofX, ofKernel };
}

/** The same by plain loops in float64. */
function plain(sliding: Sliding, { x, kernel, g }: Operands) {
  const value = new Float64Array(g.length);
  const ofX = new Float64Array(x.length);
  const ofKernel = new Float64Array(kernel.length);
  products(sliding, (p, k, y) => {
    value[y]! += x[p]! * kernel[k]!;
    ofX[p]! += g[y]! * kernel[k]!;
    ofKernel[k]! += g[y]! * x[p]!;
  });
  return { value, ofX, ofKernel };
}

const list = (numbers: Numbers): number[] => Array.from(numbers);

/** The largest difference, relative to the largest finite number; ∞ where NaN and infinities are not the same. */
function distance(found: Numbers, expected: Numbers): number {
  let [most, off] = [1, 0];
  for (const [i, value] of expected.entries()) {
    if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
    if (Object.is(found[i], value)) continue;
    const gap = Math.abs(found[i]! - value);
    off = Math.max(off, Number.isFinite(gap) ? gap : Infinity);
  }
  return off / most;
}

/** The part of one sample. */
const part = (all: Numbers, sample: number, samples: number): Numbers =>
  all.slice((sample * all.length) / samples, ((sample + 1) * all.length) / samples);

const isJavaScript = kernelInfo().kernels === 'js';

for (const [name, family] of Object.entries(FAMILIES)) {
  describe(`the kernels of ${name}`, () => {
    for (const [dtype, Kind] of Object.entries(STORES)) {
      it(`are exact for whole numbers, of all windows, in ${dtype}`, () => {
        fc.assert(
          fc.property(family.cases, fc.nat(), (sliding, seed) => {
            const operands = whole(sliding, seed, Kind);
            const expected = plain(sliding, operands);
            const found = run(kernels, family, sliding, operands);
            expect(list(found.value)).to.deep.equal(list(expected.value));
            expect(list(found.ofX)).to.deep.equal(list(expected.ofX));
            expect(list(found.ofKernel)).to.deep.equal(list(expected.ofKernel));
          }),
        );
      });

      it(`give each sample the bits that it has alone, in ${dtype}`, () => {
        fc.assert(
          fc.property(family.cases, fc.nat(), (sliding, seed) => {
            const { samples } = sliding;
            const { x, kernel, g } = normal(sliding, seed, Kind);
            const all = run(kernels, family, sliding, { x, kernel, g });
            const sums = new Float64Array(kernel.length);
            for (let s = 0; s < samples; s++) {
              const operands = { x: part(x, s, samples), kernel, g: part(g, s, samples) };
              const alone = run(kernels, family, { ...sliding, samples: 1 }, operands);
              expect(alone.value).to.deep.equal(part(all.value, s, samples));
              expect(alone.ofX).to.deep.equal(part(all.ofX, s, samples));
              alone.ofKernel.forEach((value, i) => (sums[i]! += value));
            }
            // Sums of samples in float64 differ in their last bits.
            expect(distance(all.ofKernel, sums)).to.be.below(1e-5);
          }),
        );
      });
    }

    it('round to float32 as sums of products do', () => {
      fc.assert(
        fc.property(family.cases, fc.nat(), (sliding, seed) => {
          const operands = normal(sliding, seed, Float32Array);
          const expected = plain(sliding, operands);
          const found = run(kernels, family, sliding, operands);
          for (const key of ['value', 'ofX', 'ofKernel'] as const)
            expect(distance(found[key], expected[key])).to.be.below(1e-5);
        }),
      );
    });

    it('take NaN, infinities and sums that overflow on the way as those in JavaScript do', () => {
      const strange = fc.constantFrom(NaN, Infinity, -Infinity, 3e38, -3e38, -0);
      const places = fc.array(fc.tuple(fc.constantFrom('x', 'kernel', 'g' as const), fc.nat(), strange), {
        maxLength: 5,
      });
      fc.assert(
        fc.property(family.cases, fc.nat(), places, (sliding, seed, where) => {
          const operands = normal(sliding, seed, Float32Array);
          for (const [name, at, value] of where) {
            const numbers = operands[name as keyof Operands];
            if (numbers.length > 0) numbers[at % numbers.length] = value;
          }
          const [found, expected] = [kernels, js].map((by) => run(by, family, sliding, operands));
          for (const key of ['value', 'ofX', 'ofKernel'] as const)
            expect(distance(found![key], expected![key])).to.be.below(1e-5);
        }),
      );
    });

    it('cut runs and lines of windows that are too long for one sum', () => {
      const flat = { stride: [1, 1], dilation: [1, 1], before: [0, 0] } as const;
      const all: readonly (readonly [Windows, number, number])[] = [
        // A pixel of more channels than are summed up at once, rows of a window of as many, and as many windows.
        [{ ...flat, height: 2, width: 2, channels: 300, rows: 1, columns: 1, down: 2, across: 2 }, 1, 17],
        [{ ...flat, height: 3, width: 9, channels: 70, rows: 2, columns: 5, down: 2, across: 5 }, 1, 20],
        [{ ...flat, height: 1, width: 603, channels: 4, rows: 1, columns: 4, down: 1, across: 600 }, 1, 4],
        [{ ...flat, height: 20, width: 22, channels: 4, rows: 1, columns: 3, down: 20, across: 20 }, 2, 6],
        [{ ...flat, height: 4, width: 4, channels: 600, rows: 2, columns: 2, down: 3, across: 3 }, 2, 8],
        [{ ...flat, height: 18, width: 18, channels: 4, rows: 17, columns: 17, down: 2, across: 2 }, 1, 4],
      ];
      for (const [w, groups, filters] of all) {
        const isEach = family === FAMILIES.depthwise;
        const sliding = {
          windows: w,
          samples: 2,
          groups: isEach ? w.channels : groups,
          filters: isEach ? w.channels : filters,
        };
        const operands = whole(sliding, 1, Float32Array);
        const expected = plain(sliding, operands);
        const found = run(kernels, family, sliding, operands);
        for (const key of ['value', 'ofX', 'ofKernel'] as const)
          expect(list(found[key])).to.deep.equal(list(expected[key]));
      }
    });

    it('take samples that are too large to be framed together, one after the other', () => {
      const w: Windows = {
        ...{ height: 36, width: 37, channels: 16, rows: 3, columns: 3, before: [1, 1], down: 36, across: 37 },
        ...{ stride: [1, 1], dilation: [1, 1] },
      };
      const isEach = family === FAMILIES.depthwise;
      // Two fit, so that the last is alone.
      const sliding = { windows: w, samples: 5, groups: isEach ? 16 : 2, filters: 16 };
      const operands = whole(sliding, 1, Float32Array);
      const expected = plain(sliding, operands);
      const found = run(kernels, family, sliding, operands);
      for (const key of ['value', 'ofX', 'ofKernel'] as const)
        expect(list(found[key])).to.deep.equal(list(expected[key]));
    });

    it('find a finite sum whose parts overflow float32', () => {
      const w: Windows = {
        ...{ height: 1, width: 3, channels: 4, rows: 1, columns: 3, before: [0, 0], down: 1, across: 1 },
        ...{ stride: [1, 1], dilation: [1, 1] },
      };
      const isEach = family === FAMILIES.depthwise;
      const sliding = { windows: w, samples: 2, groups: isEach ? 4 : 1, filters: 4 };
      const { images, kernel } = sizes(sliding);
      const x = new Float32Array(images);
      // 2¹²⁷ + 2¹²⁷ − 2¹²⁷ of the first channel, in the first sample alone.
      [0, 4, 8].forEach((at, i) => (x[at] = i === 2 ? -(2 ** 127) : 2 ** 127));
      const out = new Float32Array(8);
      kernels[family.forward](x, new Float32Array(kernel).fill(1), sliding, out);
      expect(list(out)).to.deep.equal([
        2 ** 127,
        ...(isEach ? [0, 0, 0] : [2 ** 127, 2 ** 127, 2 ** 127]),
        0,
        0,
        0,
        0,
      ]);
    });

    it('find a finite gradient whose parts overflow float32', () => {
      const one = (columns: number, channels: number, before: number): Windows => ({
        ...{ height: 1, width: 1, channels, rows: 1, columns, before: [0, before], down: 1, across: columns },
        ...{ stride: [1, 1], dilation: [1, 1] },
      });
      const isEach = family === FAMILIES.depthwise;
      const [channels, groups] = isEach ? [4, 4] : [1, 1];
      // Two samples, whose products are ± 6e38.
      const twice = { windows: one(1, channels, 0), samples: 2, groups, filters: channels };
      const g = new Float32Array(2 * channels).map((_, i) => (i < channels ? 3e38 : -3e38));
      const ofKernel = new Float64Array(channels).fill(7);
      kernels[family.kernel](g, new Float32Array(2 * channels).fill(2), twice, ofKernel);
      expect(list(ofKernel)).to.deep.equal(Array<number>(channels).fill(0));
      // Two windows on one pixel, with a filter more: −3e38 of the one, and two times 2.5e38 of the other.
      const both = { windows: one(2, channels, 1), samples: 1, groups, filters: 2 * channels };
      const parts = [-3e38, 0, 2.5e38, 2.5e38];
      const seeds = new Float32Array(4 * channels).map(
        (_, i) => parts[Math.floor(i / (2 * channels)) * 2 + (i % 2)]!,
      );
      const ofX = new Float32Array(channels).fill(7);
      kernels[family.images](seeds, new Float32Array(4 * channels).fill(1), both, ofX);
      const wanted = Math.fround(-Math.fround(3e38) + 2 * Math.fround(2.5e38));
      expect(list(ofX)).to.deep.equal(Array<number>(channels).fill(wanted));
    });

    it('take no samples, and one window as large as the image', () => {
      const flat = { stride: [1, 1], dilation: [1, 1], before: [0, 0], down: 1, across: 1 } as const;
      for (const samples of [0, 1, 3]) {
        const w: Windows = { ...flat, height: 15, width: 15, channels: 8, rows: 15, columns: 15 };
        const groups = family === FAMILIES.depthwise ? 8 : 2;
        const sliding = { windows: w, samples, groups, filters: 8 };
        const operands = whole(sliding, 1, Float32Array);
        const expected = plain(sliding, operands);
        const found = run(kernels, family, sliding, operands);
        for (const key of ['value', 'ofX', 'ofKernel'] as const)
          expect(list(found[key])).to.deep.equal(list(expected[key]));
      }
    });

    it('take windows that all lie before the image', () => {
      const w: Windows = {
        ...{ height: 4, width: 4, channels: 4, rows: 1, columns: 1, down: 4, across: 1 },
        ...{ stride: [1, 2 ** 31 - 1], dilation: [1, 1], before: [0, 1e9] },
      };
      const sliding = { windows: w, samples: 1, groups: family === FAMILIES.depthwise ? 4 : 1, filters: 4 };
      const found = run(kernels, family, sliding, whole(sliding, 1, Float32Array));
      for (const numbers of Object.values(found))
        expect(numbers.every((value) => value === 0)).to.equal(true);
    });

    if (isJavaScript) return;

    const usual: Windows = {
      ...{ height: 6, width: 6, channels: 8, rows: 3, columns: 3, before: [1, 1], down: 6, across: 6 },
      ...{ stride: [1, 1], dilation: [1, 1] },
    };
    const sliding = { windows: usual, samples: 2, groups: family === FAMILIES.depthwise ? 8 : 1, filters: 8 };

    it('are compiled for float32', () => {
      const { x, kernel, g } = normal(sliding, 1, Float32Array);
      for (const f of [
        () => kernels[family.forward](x, kernel, sliding, g.slice()),
        () => kernels[family.images](g, kernel, sliding, x.slice()),
        () => kernels[family.kernel](g, x, sliding, new Float64Array(kernel.length)),
      ])
        expect(ranCompiled(f)).to.equal(true);
    });

    it('run in JavaScript if there is no memory for copies', () => {
      const operands = normal(sliding, 1, Float32Array);
      const expected = run(js, family, sliding, operands);
      withoutRoom(() => expect(run(kernels, family, sliding, operands)).to.deep.equal(expected));
    });

    it('jump over zeros around the image that are far more than its pixels', () => {
      const far: Windows = { ...usual, dilation: [300, 300], before: [300, 300] };
      expect(isVast(frameOf(far), far)).to.equal(true);
      const wide = { ...sliding, windows: far };
      const operands = whole(wide, 1, Float32Array);
      const expected = plain(wide, operands);
      const found = run(kernels, family, wide, operands);
      for (const key of ['value', 'ofX', 'ofKernel'] as const)
        expect(list(found[key])).to.deep.equal(list(expected[key]));
    });
  });
}

describe('the kernels of pooling', () => {
  const undilated = (w: Windows): Windows => ({ ...w, dilation: [1, 1] });
  const cases = fc.record({
    w: windows(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 19))),
    dilated: fc.boolean(),
    samples: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
    strange: fc.array(fc.tuple(fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 3e38)), {
      maxLength: 4,
    }),
  });

  for (const [dtype, Kind] of Object.entries(STORES)) {
    it(`have the bits of plain loops in float64, also with ties and NaN, in ${dtype}`, () => {
      fc.assert(
        fc.property(cases, ({ w: drawn, dilated, samples, seed, strange }) => {
          const w = dilated ? drawn : undilated(drawn);
          const { channels } = w;
          const sliding = { windows: w, samples, groups: channels, filters: channels };
          const { x, g } = whole(sliding, seed, Kind);
          for (const [at, value] of strange) {
            x[at % x.length] = value;
            g[(at * 7) % g.length] = value;
          }
          const seen = Array.from(g, (): number[] => []);
          products(sliding, (p, _, y) => seen[y]!.push(p));
          const round = (value: number): number => new Kind([value])[0]!;

          const most = g.slice();
          kernels.maxPool(x, w, samples, most);
          expect(most).to.deep.equal(g.map((_, y) => Math.max(...seen[y]!.map((p) => x[p]!))));
          const ofMost = x.slice();
          kernels.maxPoolBack(g, x, most, w, samples, ofMost);
          const sums = new Float64Array(x.length);
          seen.forEach((all, y) => {
            const ties = all.filter((p) => x[p] === most[y]);
            for (const p of ties) sums[p]! += g[y]! / ties.length;
          });
          expect(list(ofMost)).to.deep.equal(list(sums).map(round));

          const mean = g.slice();
          kernels.averagePool(x, w, samples, mean);
          expect(list(mean)).to.deep.equal(
            seen.map((all) => round(all.reduce((sum, p) => sum + x[p]!, 0) / all.length)),
          );
          const ofMean = x.slice();
          kernels.averagePoolBack(g, w, samples, ofMean);
          const shares = new Float64Array(x.length);
          seen.forEach((all, y) => {
            for (const p of all) shares[p]! += g[y]! / all.length;
          });
          expect(list(ofMean)).to.deep.equal(list(shares).map(round));
        }),
      );
    });
  }

  if (isJavaScript) return;

  it('are compiled for float32', () => {
    const w: Windows = {
      ...{ height: 6, width: 6, channels: 8, rows: 2, columns: 2, before: [0, 0], down: 3, across: 3 },
      ...{ stride: [2, 2], dilation: [1, 1] },
    };
    const [x, y] = [new Float32Array(6 * 6 * 8), new Float32Array(3 * 3 * 8)];
    for (const f of [
      () => kernels.maxPool(x, w, 1, y),
      () => kernels.maxPoolBack(y, x, y.slice(), w, 1, x.slice()),
      () => kernels.averagePool(x, w, 1, y),
      () => kernels.averagePoolBack(y, w, 1, x),
    ])
      expect(ranCompiled(f)).to.equal(true);
  });
});

describe('the share of zeros in the gradient of images', () => {
  const of = (n: number, size: number, stride: number, before: number, many: number): number =>
    waste({
      ...{ height: n, width: n, channels: 4, rows: size, columns: size, down: many, across: many },
      ...{ stride: [stride, stride], dilation: [1, 1], before: [before, before] },
    });

  it('is small for the usual windows, and grows as windows become few', () => {
    expect(of(28, 3, 1, 1, 28)).to.equal(1);
    expect(of(28, 2, 2, 0, 14)).to.equal(1);
    expect(of(28, 3, 2, 1, 14)).to.be.within(1, 1.2);
    expect(of(15, 15, 1, 0, 1)).to.equal(225);
    expect(of(14, 13, 1, 0, 2)).to.equal(49);
  });
});
