import { expect } from 'chai';
import fc from 'fast-check';
import { DEPTH } from '../../../src/kernels/wasm/runs.js';
import { laboratories, random } from './laboratory.js';

// Each kernel with tables that are written down here, next to plain loops; numbers are whole, so that sums are exact.

const side = fc.integer({ min: 1, max: 5 });
const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 15, max: 34 }));

const geometry = fc.record({
  samples: fc.integer({ min: 1, max: 3 }),
  down: side,
  // Now and then more windows than are summed up at once.
  across: fc.oneof(
    { weight: 5, arbitrary: side },
    { weight: 1, arbitrary: fc.integer({ min: 250, max: 300 }) },
  ),
  rows: fc.integer({ min: 1, max: 3 }),
  columns: fc.integer({ min: 1, max: 4 }),
  stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
  channels,
  filters: channels,
  seed: fc.nat(),
});

type Geometry = typeof geometry extends fc.Arbitrary<infer G> ? G : never;

/** The image that the windows fill, without anything around it. */
const extent = ({ down, across, rows, columns, stride }: Geometry) => ({
  height: (down - 1) * stride[0] + rows,
  width: (across - 1) * stride[1] + columns,
});

const whole = (n: number, next: () => number): Float32Array =>
  new Float32Array(n).map(() => Math.round(8 * next()) - 4);

const exact = (numbers: Float64Array): Float32Array => Float32Array.from(numbers);

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  const work = () => place(new Uint8Array(kernels.convolveWork()).fill(255));

  /** Runs of at most 256 windows of a sample. */
  const lines = ({ down, across, stride }: Geometry, row: number, stepA: number, stepB: number): number[] =>
    Array.from({ length: down }, (_, i) =>
      Array.from({ length: Math.ceil(across / 256) }, (_, part) => {
        const from = 256 * part;
        const a = i * stride[0] * row + from * stepA;
        return [a, (i * across + from) * stepB, Math.min(256, across - from)];
      }).flat(),
    ).flat();

  describe(`the ${build} kernels of convolutions`, () => {
    it('have work space for a run of the largest depth', () => {
      expect(kernels.convolveWork()).to.equal(64 * DEPTH + 128);
    });

    it('sum up the runs of every window, and write nothing else', () => {
      fc.assert(
        fc.property(geometry, fc.boolean(), (given, turned) => {
          clear();
          const { samples, down, across, rows, columns, stride, channels, filters, seed } = given;
          const { height, width } = extent(given);
          const [next, line] = [random(seed), columns * channels];
          const x = whole(samples * height * width * channels, next);
          const kernel = whole(rows * line * filters, next);
          const expected = new Float64Array(samples * down * across * filters);
          expected.forEach((_, o) => {
            const [f, w] = [o % filters, Math.floor(o / filters)];
            const [j, i, s] = [w % across, Math.floor(w / across) % down, Math.floor(w / across / down)];
            for (let r = 0; r < rows; r++)
              for (let l = 0; l < line; l++) {
                const p = ((s * height + i * stride[0] + r) * width + j * stride[1]) * channels + l;
                const q = turned ? f * rows * line + r * line + l : (r * line + l) * filters + f;
                expected[o]! += x[p]! * kernel[q]!;
              }
          });
          const runs = Array.from({ length: rows }, (_, r) => {
            const step = turned ? 4 : 4 * filters;
            return [4 * r * width * channels, r * line * step, line];
          }).flat();
          const out = new Float32Array(expected.length).fill(7);
          const [from, weights, table, to] = [
            place(x),
            place(kernel),
            place(Int32Array.from(runs)),
            place(out),
          ];
          const room = work();
          const [row, pixel] = [4 * width * channels, 4 * channels];
          const [bRow, bColumn] = turned ? [1, rows * line] : [filters, 1];
          const size = 4 * down * across * filters;
          kernels.convolve32(
            ...([from, height * row, row * stride[0], pixel * stride[1], samples, down, across] as const),
            ...([table, rows, weights, bRow, bColumn, filters] as const),
            ...([to, size, 4 * across * filters, 4 * filters, room] as const),
          );
          read(room, new Uint8Array(kernels.convolveWork()));
          expect(read(from, x)).to.deep.equal(x);
          expect(read(to, out)).to.deep.equal(exact(expected));
        }),
      );
    });

    it('add up the gradient of the kernel in float64, over all samples', () => {
      fc.assert(
        fc.property(geometry, (given) => {
          clear();
          const { samples, down, across, rows, columns, stride, channels, filters, seed } = given;
          const { height, width } = extent(given);
          const [next, line] = [random(seed), columns * channels];
          const x = whole(samples * height * width * channels, next);
          const g = whole(samples * down * across * filters, next);
          const expected = new Float64Array(rows * line * filters).fill(0.5);
          g.forEach((dy, o) => {
            const [f, w] = [o % filters, Math.floor(o / filters)];
            const [j, i, s] = [w % across, Math.floor(w / across) % down, Math.floor(w / across / down)];
            for (let r = 0; r < rows; r++)
              for (let l = 0; l < line; l++) {
                const p = ((s * height + i * stride[0] + r) * width + j * stride[1]) * channels + l;
                expected[(r * line + l) * filters + f]! += dy * x[p]!;
              }
          });
          const [row, step] = [4 * width * channels, 4 * channels * stride[1]];
          const all = lines(given, row, step, 4 * filters);
          const runs = Array.from({ length: rows }, (_, r) => [r * row, 4 * r * line * filters, line]).flat();
          const sums = new Float64Array(expected.length).fill(0.5);
          const [from, gradient, to] = [place(x), place(g), place(sums)];
          const [at, table, room] = [place(Int32Array.from(all)), place(Int32Array.from(runs)), work()];
          kernels.convolveKernel32(
            ...([from, height * row, step, samples, at, all.length / 3, table, rows] as const),
            ...([gradient, 4 * down * across * filters, filters, filters, to, room] as const),
          );
          read(room, new Uint8Array(kernels.convolveWork()));
          expect(read(to, sums)).to.deep.equal(expected);
        }),
      );
    });

    it('sum up channels each by itself, and their gradients', () => {
      fc.assert(
        fc.property(geometry, (given) => {
          clear();
          const { samples, down, across, rows, columns, stride, seed } = given;
          const channels = given.channels + 3;
          const { height, width } = extent(given);
          const next = random(seed);
          const x = whole(samples * height * width * channels, next);
          const kernel = whole(rows * columns * channels, next);
          const g = whole(samples * down * across * channels, next);
          const expected = new Float64Array(g.length);
          const ofKernel = new Float64Array(kernel.length).fill(0.5);
          expected.forEach((_, o) => {
            const [f, w] = [o % channels, Math.floor(o / channels)];
            const [j, i, s] = [w % across, Math.floor(w / across) % down, Math.floor(w / across / down)];
            for (let place = 0; place < rows * columns; place++) {
              const [r, c] = [Math.floor(place / columns), place % columns];
              const p = ((s * height + i * stride[0] + r) * width + j * stride[1] + c) * channels + f;
              expected[o]! += x[p]! * kernel[place * channels + f]!;
              ofKernel[place * channels + f]! += x[p]! * g[o]!;
            }
          });
          const [pixel, row] = [4 * channels, 4 * width * channels];
          const runs = Array.from({ length: rows }, (_, r) => [r * row, r * columns * pixel, columns]).flat();
          const places = Array.from({ length: rows * columns }, (_, place) => {
            return Math.floor(place / columns) * row + (place % columns) * pixel;
          });
          const all = lines(given, row, pixel * stride[1], pixel);
          const [out, sums] = [new Float32Array(g.length).fill(7), new Float64Array(kernel.length).fill(0.5)];
          const [from, weights, gradient] = [place(x), place(kernel), place(g)];
          const [to, toKernel] = [place(out), place(sums)];
          const [table, at, every] = [runs, all, places].map((list) => place(Int32Array.from(list)));
          const room = place(new Uint8Array(kernels.depthwiseWork()));
          const size = down * across * pixel;
          kernels.depthwise32(
            ...([from, height * row, row * stride[0], pixel * stride[1], samples, down, across] as const),
            ...([table!, rows, pixel, pixel, weights, pixel, to, size, across * pixel, pixel, room] as const),
          );
          kernels.depthwiseKernel32(
            ...([from, height * row, pixel * stride[1], samples, at!, all.length / 3] as const),
            ...([every!, places.length, gradient, size, pixel, toKernel, room] as const),
          );
          read(room, new Uint8Array(kernels.depthwiseWork()));
          expect(read(to, out)).to.deep.equal(exact(expected));
          expect(read(toKernel, sums)).to.deep.equal(ofKernel);
        }),
      );
    });

    it('put images between zeros, and leave out what no window reads', () => {
      const small = fc.integer({ min: 1, max: 5 });
      fc.assert(
        fc.property(fc.tuple(small, small, small), fc.tuple(small, small, small, small), (image, frame) => {
          clear();
          const [samples, height, width] = image;
          const [top, left, more, wide] = frame;
          const [tall, across] = [top + more, left + wide];
          const [rows, columns] = [Math.min(height, more), Math.min(width, wide)];
          const x = Float32Array.from({ length: samples * height * width }, (_, i) => i + 1);
          const out = new Float32Array(samples * tall * across).fill(7);
          const [from, to] = [place(x), place(out)];
          const front = 4 * (top * across + left);
          const [sample, size] = [4 * height * width, 4 * tall * across];
          kernels.pad32(from, to, samples, sample, 4 * width, rows, 4 * columns, size, 4 * across, front);
          const expected = out.map((_, o) => {
            const [j, i, s] = [o % across, Math.floor(o / across) % tall, Math.floor(o / across / tall)];
            const [r, c] = [i - top, j - left];
            const isSeen = r >= 0 && r < rows && c >= 0 && c < columns;
            return isSeen ? (s * height + r) * width + c + 1 : 0;
          });
          expect(read(to, out)).to.deep.equal(expected);
        }),
      );
    });

    it('pool the maximum and the mean of windows, and write nothing else', () => {
      fc.assert(
        fc.property(geometry, fc.tuple(side, side), (given, padding) => {
          clear();
          const { samples, rows, columns, stride, seed } = given;
          const across = Math.min(6, given.across);
          const down = given.down;
          const channels = given.channels + 3;
          const before = [Math.min(padding[0], rows) - 1, Math.min(padding[1], columns) - 1] as const;
          const [height, width] = [down * stride[0] + 1, across * stride[1] + 1];
          const next = random(seed);
          const x = whole(samples * height * width * channels, next);
          const g = whole(samples * down * across * channels, next);
          const seen = Array.from(g, (_, o) => {
            const [f, w] = [o % channels, Math.floor(o / channels)];
            const [j, i, s] = [w % across, Math.floor(w / across) % down, Math.floor(w / across / down)];
            const all: number[] = [];
            for (let r = 0; r < rows; r++)
              for (let c = 0; c < columns; c++) {
                const [y, z] = [i * stride[0] - before[0] + r, j * stride[1] - before[1] + c];
                if (y >= 0 && y < height && z >= 0 && z < width)
                  all.push(((s * height + y) * width + z) * channels + f);
              }
            return all;
          });
          const axes = [height, rows, stride[0], before[0], down].concat(
            width,
            columns,
            stride[1],
            before[1],
            across,
          );
          const [from, gradient, w] = [place(x), place(g), place(Int32Array.from(axes))];
          const most = Float32Array.from(seen, (all) => Math.max(...all.map((p) => x[p]!)));
          const shares = new Uint8Array(kernels.poolWork(down, across, 4 * channels));
          for (const isMean of [false, true]) {
            const [to, pulled, room] = [place(g.slice().fill(7)), place(x.slice().fill(7)), place(shares)];
            kernels.pool32(from, to, samples, w, 4 * channels, +isMean);
            const mean = Float32Array.from(seen, (all) => all.reduce((s, p) => s + x[p]!, 0) / all.length);
            const found = read(to, g);
            expect(found).to.deep.equal(isMean ? mean : most);
            const back = [gradient, isMean ? pulled : from, isMean ? gradient : to, pulled] as const;
            kernels.poolBack32(...back, samples, w, 4 * channels, room, +isMean);
            const sums = new Float64Array(x.length);
            seen.forEach((all, o) => {
              const sharing = isMean ? all : all.filter((p) => x[p] === most[o]);
              for (const p of sharing) sums[p]! += g[o]! / sharing.length;
            });
            read(room, shares);
            expect(read(pulled, x)).to.deep.equal(exact(sums));
          }
        }),
      );
    });
  });
}
