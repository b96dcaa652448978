import type { Groups, Numbers } from '../numbers.js';
import type { Squash, SquashGradients } from '../squash.js';
import type { Engine } from './engine.js';
import { SQUASH_WORK } from './squash-exports.js';
import { Staging } from './staging.js';

/** tanh(α x), and w tanh(α x) + b, of float32 however few; false, and nothing done, for float64 and without room. */
export function squash({ kernels, arena }: Engine, task: Squash, t: Numbers, out: Numbers): boolean {
  const { x, groups, alpha, gain, shift } = task;
  if (x instanceof Float64Array) return false;
  const staging = new Staging(arena);
  const [atX, atGain, atShift] = [staging.read(x), readOr0(staging, gain), readOr0(staging, shift)];
  const [atT, atOut, work] = [staging.write(t), staging.write(out), room(staging, groups)];
  const { outer, n, inner } = groups;
  return staging.run(() => kernels.squash32(atX, alpha, atGain, atShift, atT, atOut, work, outer, n, inner));
}

/** The way back, which gives the gradient of α; undefined, and nothing done, as above. */
export function squashBack(
  { kernels, arena }: Engine,
  task: Squash,
  t: Numbers,
  gradient: Numbers,
  { ofX, ofGain, ofShift }: SquashGradients,
): number | undefined {
  const { x, groups, alpha, gain } = task;
  if (x instanceof Float64Array || gradient instanceof Float64Array) return undefined;
  const staging = new Staging(arena);
  const [atG, atX, atT] = [staging.read(gradient), staging.read(x), staging.read(t)];
  const [atGain, work] = [readOr0(staging, gain), room(staging, groups)];
  const [toX, toGain, toShift] = [
    writeOr0(staging, ofX),
    writeOr0(staging, ofGain),
    writeOr0(staging, ofShift),
  ];
  const { outer, n, inner } = groups;
  let ofAlpha: number | undefined;
  staging.run(() => {
    ofAlpha = kernels.squashBack32(atG, atX, atT, alpha, atGain, toX, toGain, toShift, work, outer, n, inner);
  });
  return ofAlpha;
}

/** Room for as many rows as either kernel writes out. */
const room = (staging: Staging, { n, inner }: Groups): number =>
  staging.room(SQUASH_WORK.rows * (4 * (inner === 1 ? n : inner) + SQUASH_WORK.more))?.address ?? 0;

const readOr0 = (staging: Staging, numbers: Numbers | undefined): number =>
  numbers ? staging.read(numbers) : 0;

const writeOr0 = (staging: Staging, numbers: Numbers | undefined): number =>
  numbers ? staging.write(numbers) : 0;
