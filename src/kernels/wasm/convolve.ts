import { byProducts } from '../js/convolve.js';
import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Sliding } from '../operands.js';
import { compiled } from './call.js';
import { frameOf, framed, isVast, laidOut, outputOf } from './frames.js';
import { matmul } from './matmul.js';
import { LARGEST, type Outcome, settle, settleSums } from './mend.js';
import { phases, waste } from './phases.js';
import { type Runs, addRun, runsOfWindows } from './runs.js';

/** Other dtypes, and windows that are mostly off the image, by products of matrices. */
const products = byProducts(matmul);

/** With so many products with zeros for one with a number, to scatter the gradient of each window takes less time. */
const WASTE = 4;

/** With fewer windows, most of the time of a tile goes into its sums and not into products. */
const FEW = 16;

const isSingle = (...all: readonly Numbers[]): boolean =>
  all.every((numbers) => numbers instanceof Float32Array);

/** The numbers of a window in a group: [place in x, place in the kernel, length], in bytes. */
function windowRuns({ windows, groups, filters }: Sliding, width: number): Runs {
  const { rows, columns, channels, dilation } = windows;
  const count = channels / groups;
  const runs: number[] = [];
  // Pixels that are neighbours in the image and in a window are one run.
  const together = dilation[1] === 1 && groups === 1;
  const [many, length] = together ? [1, columns * count] : [columns, count];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < many; c++) {
      const pixel = r * dilation[0] * width + c * dilation[1];
      addRun(runs, 4 * pixel * channels, 4 * (r * columns + c) * count * filters, length, 4, 4 * filters);
    }
  }
  return runs;
}

/** Declines for float64, or if the padding is many times as large as the images. */
export const convolve: Kernels['convolve'] = (x, kernel, sliding, out) => {
  const { windows, samples, groups, filters } = sliding;
  const { channels, down, across, stride } = windows;
  const frame = frameOf(windows);
  if (!isSingle(x, kernel, out) || isVast(frame, windows)) return products.convolve(x, kernel, sliding, out);
  const runs = windowRuns(sliding, laidOut(frame, windows).width);
  const own = filters / groups;
  let outcome: Outcome = 'not run';
  compiled((exports, memory) => {
    const [from, weights, to] = [memory.read(x), memory.read(kernel), memory.write(out)];
    const [table, work] = [memory.readIntegers(runs), memory.room(exports.convolveWork())];
    framed(exports, memory, from, windows, samples, frame, ({ at, sample, row, first, count }) => {
      const size = 4 * down * across * filters;
      for (let group = 0; group < groups; group++) {
        exports.convolve32(
          at + (4 * group * channels) / groups,
          sample,
          row * stride[0],
          4 * channels * stride[1],
          count,
          down,
          across,
          table,
          runs.length / 3,
          weights + 4 * group * own,
          filters,
          1,
          own,
          to + first * size + 4 * group * own,
          size,
          4 * across * filters,
          4 * filters,
          work,
        );
      }
    });
    outcome = exports.within32(to, out.length, LARGEST) === 1 ? 'finite' : 'not finite';
  });
  settle(outcome, x, sliding, out, (one, by, found) => js.convolve(one, kernel, by, found));
};

/** Declines for float64, if the padding of the gradient is many times as large as the gradient, or if most products are with padding. */
export const convolveImages: Kernels['convolveImages'] = (gradient, kernel, sliding, ofX) => {
  const { windows, samples, groups, filters } = sliding;
  const { height, width, channels, columns, stride } = windows;
  const found = phases(windows);
  const output = outputOf(sliding);
  if (!isSingle(gradient, kernel, ofX) || isVast(found.frame, output) || waste(windows) > WASTE)
    return products.convolveImages(gradient, kernel, sliding, ofX);
  const frame = laidOut(found.frame, output);
  const [count, own] = [channels / groups, filters / groups];
  const parts = found.down.flatMap((rows) =>
    found.across.map((line) => {
      const runs: number[] = [];
      for (const r of rows.taps) {
        for (const c of line.taps) {
          const pixel = (r.window + frame.top) * frame.width + c.window + frame.left;
          const place = 4 * (r.place * columns + c.place) * count * filters;
          addRun(runs, 4 * pixel * filters, place, own, 4, 4);
        }
      }
      return { rows, line, runs };
    }),
  );
  // Pixels that no window meets.
  if (parts.some(({ runs }) => runs.length === 0)) ofX.fill(0);
  let outcome: Outcome = 'not run';
  compiled((exports, memory) => {
    const [from, weights, to] = [memory.read(gradient), memory.read(kernel), memory.update(ofX)];
    const work = memory.room(exports.convolveWork());
    const size = 4 * height * width * channels;
    const tables = parts.map(({ runs }) => memory.readIntegers(runs));
    framed(exports, memory, from, output, samples, found.frame, (images) => {
      for (const [i, { rows, line, runs }] of parts.entries()) {
        const pixel = 4 * (rows.first * width + line.first) * channels;
        for (let group = 0; group < groups && runs.length > 0; group++) {
          exports.convolve32(
            images.at + 4 * group * own,
            images.sample,
            images.row,
            4 * filters,
            images.count,
            rows.count,
            line.count,
            tables[i]!,
            runs.length / 3,
            weights + 4 * group * own,
            1,
            filters,
            count,
            to + images.first * size + pixel + 4 * group * count,
            size,
            4 * width * channels * stride[0],
            4 * channels * stride[1],
            work,
          );
        }
      }
    });
    outcome = exports.within32(to, ofX.length, LARGEST) === 1 ? 'finite' : 'not finite';
  });
  settle(outcome, gradient, sliding, ofX, (one, by, again) => js.convolveImages(one, kernel, by, again));
};

/** Declines for float64, if the padding is many times as large as the images, or for few windows. */
export const convolveKernel: Kernels['convolveKernel'] = (gradient, x, sliding, ofKernel) => {
  const { windows, samples, groups, filters } = sliding;
  const { channels, down, across, stride } = windows;
  const frame = frameOf(windows);
  if (!isSingle(gradient, x) || isVast(frame, windows) || down * across < FEW)
    return products.convolveKernel(gradient, x, sliding, ofKernel);
  const laid = laidOut(frame, windows);
  const runs = windowRuns(sliding, laid.width);
  const own = filters / groups;
  const step = 4 * channels * stride[1];
  const lines = runsOfWindows(windows, laid.width * channels * 4, step, 4 * filters);
  ofKernel.fill(0);
  const ran = compiled((exports, memory) => {
    const [g, from, to] = [memory.read(gradient), memory.read(x), memory.update(ofKernel)];
    const [rows, table] = [memory.readIntegers(lines), memory.readIntegers(runs)];
    const work = memory.room(exports.convolveWork());
    framed(exports, memory, from, windows, samples, frame, ({ at, sample, first, count }) => {
      const size = 4 * down * across * filters;
      for (let group = 0; group < groups; group++) {
        exports.convolveKernel32(
          at + (4 * group * channels) / groups,
          sample,
          step,
          count,
          rows,
          lines.length / 3,
          table,
          runs.length / 3,
          g + first * size + 4 * group * own,
          size,
          filters,
          own,
          to + 8 * group * own,
          work,
        );
      }
    });
  });
  settleSums(ran, ofKernel, (sums) => js.convolveKernel(gradient, x, sliding, sums));
};
