import { Random, anySeed, fromFlat, store } from '../array/index.js';
import { type Given, number, resolve, seed } from '../option/index.js';
import { type Dataset, dataset } from './dataset.js';

const samples = number(600, 'The number of points, shared evenly among the classes.', {
  min: 2,
  whole: true,
  explore: [10, 600],
});
const noise = number(0.1, 'The standard deviation of the noise that is added to each coordinate.', {
  min: 0,
  explore: [0, 0.3],
});
const MOONS = { samples, noise, seed: seed('The seed of positions and noise.') };
const SPIRALS = {
  samples,
  noise: { ...noise, default: 0.03 },
  classes: number(3, 'The number of arms.', { min: 2, whole: true, explore: [2, 5] }),
  turns: number(0.75, 'The number of turns of each arm around the center.', { above: 0, explore: [0.25, 2] }),
  seed: seed('The seed of positions and noise.'),
};

/**
 * Points on spirals in the plane, features [samples, 2], one arm per class. A point at the share t of an arm has
 * distance t from the center, and has turned by 2π · turns · t from the start of the arm.
 */
export function spirals(given?: Given<typeof SPIRALS>): Dataset {
  const { classes, turns, ...options } = resolve('spirals', SPIRALS, given);
  return curves('spirals', classes, options, (arm, t) => {
    const angle = 2 * Math.PI * (arm / classes + turns * t);
    return [t * Math.cos(angle), t * Math.sin(angle)];
  });
}

/** Points on two interlocking half circles in the plane, features [samples, 2]. */
export function moons(given?: Given<typeof MOONS>): Dataset {
  return curves('moons', 2, resolve('moons', MOONS, given), (moon, t) => {
    const [x, y] = [Math.cos(Math.PI * t), Math.sin(Math.PI * t)];
    return moon === 0 ? [x, y] : [1 - x, 0.5 - y];
  });
}

interface Drawing {
  readonly samples: number;
  readonly noise: number;
  readonly seed: number | undefined;
}

/** Makes one curve per class, with points at random positions plus noise. The classes take turns. */
function curves(
  name: string,
  classes: number,
  { samples, noise, seed = anySeed() }: Drawing,
  at: (curve: number, t: number) => readonly [number, number],
): Dataset {
  const random = new Random(seed);
  const points = store('float32', 2 * samples);
  const labels = Int32Array.from({ length: samples }, (_, i) => i % classes);
  labels.forEach((curve, i) => {
    const [x, y] = at(curve, random.uniform());
    points.set([x + noise * random.normal(), y + noise * random.normal()], 2 * i);
  });
  const names = Array.from({ length: classes }, (_, curve) => String(curve));
  return dataset(name, fromFlat(points, [samples, 2]), labels, names);
}
