import type { Sliding, Windows } from '../operands.js';
import type { Exports } from './exports.js';
import type { Staging } from './staging.js';

const BYTES = 4;

/** An image with zeros around it: `top` rows and `left` columns before it, and the size with all of them. */
export interface Frame {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Images in the memory of the kernels: the address of the first of so many, and the steps in bytes. */
interface Framed {
  readonly at: number;
  readonly sample: number;
  readonly row: number;
  /** The first sample, and how many there are. */
  readonly first: number;
  readonly count: number;
}

export interface Images {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The part of the plane that the windows of a convolution read; rows and columns that no window reaches are left out. */
export function frameOf({ rows, columns, stride, dilation, before, down, across }: Windows): Frame {
  return {
    top: before[0],
    left: before[1],
    height: (down - 1) * stride[0] + (rows - 1) * dilation[0] + 1,
    width: (across - 1) * stride[1] + (columns - 1) * dilation[1] + 1,
  };
}

/** The frame as it is laid out: the image itself, if nothing around it is read. */
export const laidOut = (frame: Frame, { height, width }: Images): Frame =>
  isInside(frame, height, width) ? { top: 0, left: 0, height, width } : frame;

const isInside = (frame: Frame, height: number, width: number): boolean =>
  frame.top === 0 && frame.left === 0 && frame.height <= height && frame.width <= width;

/** Whether zeros are so many that it is better to jump over them, or the frame ends before the image begins. */
export function isVast({ top, left, height, width }: Frame, images: Images): boolean {
  return (
    top >= height ||
    left >= width ||
    height * width > 16 * images.height * images.width + 4096 ||
    height * width * images.channels > 2 ** 27
  );
}

/** About how many numbers of framed images are in memory at a time: they stay in the level-2 cache. */
const ROOM = 1 << 16;

/** Calls `visit` with all images, some at a time, each in a frame that is laid out. */
export function framed(
  exports: Exports,
  memory: Staging,
  address: number,
  images: Images,
  samples: number,
  frame: Frame,
  visit: (framed: Framed) => void,
): void {
  const { height, width, channels } = images;
  const sample = height * width * channels * BYTES;
  if (isInside(frame, height, width)) {
    visit({ at: address, sample, row: width * channels * BYTES, first: 0, count: samples });
    return;
  }
  const row = frame.width * channels * BYTES;
  const size = frame.height * row;
  const some = Math.max(1, Math.min(samples, Math.floor((ROOM * BYTES) / size)));
  const at = memory.room(some * size);
  const rows = Math.max(0, Math.min(height, frame.height - frame.top));
  const bytes = Math.max(0, Math.min(width, frame.width - frame.left)) * channels * BYTES;
  const front = frame.top * row + frame.left * channels * BYTES;
  for (let first = 0; first < samples; first += some) {
    const count = Math.min(some, samples - first);
    const from = address + first * sample;
    exports.pad32(from, at, count, sample, width * channels * BYTES, rows, bytes, size, row, front);
    visit({ at, sample: size, row, first, count });
  }
}

/** The gradient of images, as an image that the windows look at. */
export const outputOf = ({ windows, filters }: Sliding): Images => ({
  height: windows.down,
  width: windows.across,
  channels: filters,
});
