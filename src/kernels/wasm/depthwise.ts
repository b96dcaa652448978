import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Sliding } from '../operands.js';
import { compiled } from './call.js';
import { frameOf, framed, isVast, laidOut, outputOf } from './frames.js';
import { LARGEST, type Outcome, settle, settleSums } from './mend.js';
import { phases, waste } from './phases.js';
import { DEPTH, runsOfWindows } from './runs.js';

/** With so many products with zeros for one with a number, to scatter the gradient of each window takes less time. */
const WASTE = 8;

/** Whether vectors can hold the channels, and no window sums up more products than float32 should. */
function isApt({ windows, filters }: Sliding, ...all: readonly Numbers[]): boolean {
  return (
    filters >= 4 &&
    windows.rows * windows.columns <= DEPTH &&
    all.every((numbers) => numbers instanceof Float32Array)
  );
}

/** Images with every channel as often as it has kernels. */
function repeated(x: Numbers, { windows, filters }: Sliding): Numbers {
  const multiplier = filters / windows.channels;
  if (multiplier === 1) return x;
  const all = new Float32Array(x.length * multiplier);
  for (let i = 0; i < all.length; i++) all[i] = x[Math.floor(i / multiplier)]!;
  return all;
}

/**
 * Declines for float64, for fewer than four filters, for windows of more than 256 elements, or if the padding is many times as
 * large as the images.
 */
export const depthwise: Kernels['depthwise'] = (x, kernel, sliding, out) => {
  const { samples, filters } = sliding;
  const windows = { ...sliding.windows, channels: filters };
  const { rows, columns, stride, dilation, down, across } = windows;
  const frame = frameOf(windows);
  if (!isApt(sliding, x, kernel, out) || isVast(frame, windows)) return js.depthwise(x, kernel, sliding, out);
  const { width } = laidOut(frame, windows);
  const pixel = 4 * filters;
  const runs = Array.from({ length: rows }, (_, r) => [
    r * dilation[0] * width * pixel,
    r * columns * pixel,
    columns,
  ]).flat();
  let outcome: Outcome = 'not run';
  compiled((exports, memory) => {
    const [from, weights, to] = [memory.read(repeated(x, sliding)), memory.read(kernel), memory.write(out)];
    const [table, work] = [memory.readIntegers(runs), memory.room(exports.depthwiseWork())];
    framed(exports, memory, from, windows, samples, frame, ({ at, sample, row, first, count }) =>
      exports.depthwise32(
        at,
        sample,
        row * stride[0],
        pixel * stride[1],
        count,
        down,
        across,
        table,
        rows,
        pixel * dilation[1],
        pixel,
        weights,
        pixel,
        to + first * down * across * pixel,
        down * across * pixel,
        across * pixel,
        pixel,
        work,
      ),
    );
    outcome = exports.within32(to, out.length, LARGEST) === 1 ? 'finite' : 'not finite';
  });
  settle(outcome, x, sliding, out, (one, by, found) => js.depthwise(one, kernel, by, found));
};

/** Declines as `depthwise`, and if most products are with padding. */
export const depthwiseImages: Kernels['depthwiseImages'] = (gradient, kernel, sliding, ofX) => {
  const { samples, filters } = sliding;
  const { height, width, channels, columns, stride } = sliding.windows;
  const output = outputOf(sliding);
  const found = phases(sliding.windows);
  if (!isApt(sliding, gradient, kernel, ofX) || isVast(found.frame, output) || waste(sliding.windows) > WASTE)
    return js.depthwiseImages(gradient, kernel, sliding, ofX);
  const frame = laidOut(found.frame, output);
  const pixel = 4 * filters;
  const parts = found.down.flatMap((rows) =>
    found.across.map((line) => {
      const [first, second] = line.taps;
      const runs = first
        ? rows.taps.flatMap(({ place, window }) => [
            ((window + frame.top) * frame.width + first.window + frame.left) * pixel,
            (place * columns + first.place) * pixel,
            line.taps.length,
          ])
        : [];
      // Windows ascend as places descend.
      const stepA = first && second ? second.window - first.window : 0;
      const stepB = first && second ? second.place - first.place : 0;
      return { rows, line, runs, stepA: stepA * pixel, stepB: stepB * pixel };
    }),
  );
  const multiplier = filters / channels;
  const wide = multiplier === 1 ? ofX : new Float32Array(ofX.length * multiplier);
  // Pixels that no window meets.
  if (parts.some(({ runs }) => runs.length === 0)) wide.fill(0);
  let outcome: Outcome = 'not run';
  compiled((exports, memory) => {
    const [from, weights, to] = [memory.read(gradient), memory.read(kernel), memory.update(wide)];
    const work = memory.room(exports.depthwiseWork());
    const tables = parts.map(({ runs }) => memory.readIntegers(runs));
    framed(exports, memory, from, output, samples, found.frame, (images) => {
      for (const [i, { rows, line, runs, stepA, stepB }] of parts.entries()) {
        if (runs.length === 0) continue;
        exports.depthwise32(
          images.at,
          images.sample,
          images.row,
          pixel,
          images.count,
          rows.count,
          line.count,
          tables[i]!,
          runs.length / 3,
          stepA,
          stepB,
          weights,
          pixel,
          to + ((images.first * height + rows.first) * width + line.first) * pixel,
          height * width * pixel,
          width * pixel * stride[0],
          pixel * stride[1],
          work,
        );
      }
    });
    outcome = exports.within32(to, wide.length, LARGEST) === 1 ? 'finite' : 'not finite';
  });
  if ((outcome as Outcome) !== 'not run' && wide !== ofX) {
    for (let i = 0, o = 0; i < ofX.length; i++) {
      let sum = 0;
      for (let m = 0; m < multiplier; m++, o++) sum += wide[o]!;
      ofX[i] = sum;
    }
    if (!ofX.every(Number.isFinite)) outcome = 'not finite';
  }
  settle(outcome, gradient, sliding, ofX, (one, by, again) => js.depthwiseImages(one, kernel, by, again));
};

/** Declines as `depthwise`. */
export const depthwiseKernel: Kernels['depthwiseKernel'] = (gradient, x, sliding, ofKernel) => {
  const { samples, filters } = sliding;
  const windows = { ...sliding.windows, channels: filters };
  const { rows, columns, stride, dilation, down, across } = windows;
  const frame = frameOf(windows);
  if (!isApt(sliding, gradient, x) || isVast(frame, windows))
    return js.depthwiseKernel(gradient, x, sliding, ofKernel);
  const { width } = laidOut(frame, windows);
  const pixel = 4 * filters;
  const step = pixel * stride[1];
  const lines = runsOfWindows(windows, width * pixel, step, pixel);
  const places = Int32Array.from({ length: rows * columns }, (_, place) => {
    const [r, c] = [Math.floor(place / columns), place % columns];
    return (r * dilation[0] * width + c * dilation[1]) * pixel;
  });
  ofKernel.fill(0);
  const ran = compiled((exports, memory) => {
    const [g, from, to] = [memory.read(gradient), memory.read(repeated(x, sliding)), memory.update(ofKernel)];
    const [all, at] = [memory.readIntegers(lines), memory.readIntegers(places)];
    const work = memory.room(exports.depthwiseWork());
    framed(exports, memory, from, windows, samples, frame, (images) =>
      exports.depthwiseKernel32(
        images.at,
        images.sample,
        step,
        images.count,
        all,
        lines.length / 3,
        at,
        places.length,
        g + images.first * down * across * pixel,
        down * across * pixel,
        pixel,
        to,
        work,
      ),
    );
  });
  settleSums(ran, ofKernel, (sums) => js.depthwiseKernel(gradient, x, sliding, sums));
};
