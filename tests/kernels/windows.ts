import fc from 'fast-check';
import type { Sliding, Windows } from '../../src/kernels/index.js';

// Windows of all kinds, and what a convolution of them is: one loop inside the other, in float64.

const pair = (min: number, max: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Windows on small images: with strides, dilations and zeros around, that reach beyond either end, or leave pixels out. */
export const windows = (channels: fc.Arbitrary<number>): fc.Arbitrary<Windows> =>
  fc
    .record({
      image: pair(1, 7),
      channels,
      size: pair(1, 4),
      stride: pair(1, 3),
      dilation: pair(1, 3),
      before: pair(0, 4),
      many: pair(1, 6),
    })
    .map(({ image, channels, size, stride, dilation, before, many }) => ({
      height: image[0],
      width: image[1],
      channels,
      rows: size[0],
      columns: size[1],
      stride,
      dilation,
      before,
      down: many[0],
      across: many[1],
    }));

/** Up to so many groups of channels and of filters, now and then of so many that vectors hold some. */
export const slidings: fc.Arbitrary<Sliding> = fc
  .record({
    groups: fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 3 })),
    count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 15, max: 18 })),
    own: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 15, max: 33 })),
    samples: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ groups, count, own, samples }) =>
    windows(fc.constant(groups * count)).map((w) => ({ windows: w, samples, groups, filters: groups * own })),
  );

/** Every channel by itself, with one kernel or several. */
export const depthwises: fc.Arbitrary<Sliding> = fc
  .record({
    channels: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 15, max: 37 })),
    multiplier: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 3 })),
    samples: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ channels, multiplier, samples }) =>
    windows(fc.constant(channels)).map((w) => ({
      windows: w,
      samples,
      groups: channels,
      filters: channels * multiplier,
    })),
  );

/** The counts of numbers of images, kernels and outputs. */
export function sizes({ windows: w, samples, groups, filters }: Sliding) {
  return {
    images: samples * w.height * w.width * w.channels,
    kernel: w.rows * w.columns * (w.channels / groups) * filters,
    output: samples * w.down * w.across * filters,
  };
}

/** Calls `visit` with the indices of each product that is summed: of the image, the kernel and the output. */
export function products(
  { windows: w, samples, groups, filters }: Sliding,
  visit: (x: number, k: number, y: number) => void,
): void {
  const [count, own] = [w.channels / groups, filters / groups];
  for (let s = 0; s < samples; s++)
    for (let i = 0; i < w.down; i++)
      for (let j = 0; j < w.across; j++)
        for (let r = 0; r < w.rows; r++)
          for (let c = 0; c < w.columns; c++) {
            const y = i * w.stride[0] + r * w.dilation[0] - w.before[0];
            const x = j * w.stride[1] + c * w.dilation[1] - w.before[1];
            if (y < 0 || y >= w.height || x < 0 || x >= w.width) continue;
            const pixel = ((s * w.height + y) * w.width + x) * w.channels;
            for (let f = 0; f < filters; f++) {
              const first = Math.floor(f / own) * count;
              for (let k = 0; k < count; k++)
                visit(
                  pixel + first + k,
                  ((r * w.columns + c) * count + k) * filters + f,
                  ((s * w.down + i) * w.across + j) * filters + f,
                );
            }
          }
}
