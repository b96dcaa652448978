import type { Windows } from '../operands.js';
import type { Frame } from './frames.js';

/** A row or column of a window, and the first window that meets the pixels of a phase there. */
interface Tap {
  readonly place: number;
  readonly window: number;
}

/** The pixels of one axis from `first` on, a stride apart: the same places of windows meet all of them. */
interface Phase {
  readonly first: number;
  readonly count: number;
  readonly taps: readonly Tap[];
}

/**
 * The pixels of an axis by their remainders. Pixel `first` + t · stride lies at `place` of window `window` + t, which
 * may be one before the first or behind the last. Places that meet no window anywhere are left out.
 */
function phasesOf(windows: Windows, axis: 0 | 1): Phase[] {
  const [stride, dilation, before] = [windows.stride[axis], windows.dilation[axis], windows.before[axis]];
  const pixels = axis === 0 ? windows.height : windows.width;
  const places = axis === 0 ? windows.rows : windows.columns;
  const many = axis === 0 ? windows.down : windows.across;
  return Array.from({ length: Math.min(stride, pixels) }, (_, first) => {
    const count = Math.ceil((pixels - first) / stride);
    const taps: Tap[] = [];
    // The last place first, so that windows ascend.
    for (let place = places - 1; place >= 0; place--) {
      const window = (first + before - place * dilation) / stride;
      if (Number.isInteger(window) && window < many && window + count > 0) taps.push({ place, window });
    }
    return { first, count, taps };
  });
}

/** The phases of rows and columns, and the windows that they read, with those that do not exist around them. */
export function phases(windows: Windows): { down: Phase[]; across: Phase[]; frame: Frame } {
  const [down, across] = [phasesOf(windows, 0), phasesOf(windows, 1)];
  const [top, height] = reach(down);
  const [left, width] = reach(across);
  return { down, across, frame: { top, left, height, width } };
}

/** How many products the phases have for one of a window with a pixel or the zeros around it; the others are with windows that do not exist. */
export function waste(windows: Windows): number {
  const products = (axis: 0 | 1): number =>
    phasesOf(windows, axis).reduce((sum, { count, taps }) => sum + count * taps.length, 0);
  const { rows, columns, down, across } = windows;
  return (products(0) * products(1)) / (down * rows * across * columns);
}

/** How many windows before the first are read, and how many in all from there on. */
function reach(all: readonly Phase[]): [before: number, total: number] {
  let [before, end] = [0, 1];
  for (const { count, taps } of all) {
    for (const { window } of taps) {
      before = Math.max(before, -window);
      end = Math.max(end, window + count);
    }
  }
  return [before, before + end];
}
