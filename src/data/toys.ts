import { Random, anySeed, fromFlat, store } from '../array/index.js';
import { type Given, number, resolve, seed } from '../option/index.js';
import { type Dataset, dataset } from './dataset.js';

const samples = number(600, 'How many points, dealt evenly to the classes.', {
  min: 2,
  whole: true,
  explore: [10, 600],
});
const noise = number(0.1, 'The standard deviation of what each coordinate is off by.', {
  min: 0,
  explore: [0, 0.3],
});
const MOONS = { samples, noise, seed: seed('Of places and noise.') };
const SPIRALS = {
  samples,
  noise: { ...noise, default: 0.03 },
  classes: number(3, 'How many arms there are.', { min: 2, whole: true, explore: [2, 5] }),
  turns: number(0.75, 'How often an arm goes round.', { above: 0, explore: [0.25, 2] }),
  seed: seed('Of places and noise.'),
};

/**
 * Spirals in the plane, features [samples, 2], one arm a class: the point at the share t of an arm has the
 * distance t from the middle and has turned by 2π · turns · t from where the arm starts.
 */
export function spirals(given?: Given<typeof SPIRALS>): Dataset {
  const { classes, turns, ...options } = resolve('spirals', SPIRALS, given);
  return curves('spirals', classes, options, (arm, t) => {
    const angle = 2 * Math.PI * (arm / classes + turns * t);
    return [t * Math.cos(angle), t * Math.sin(angle)];
  });
}

/** Two half circles in the plane, features [samples, 2], each reaching into the other. */
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

/** One curve a class; points lie anywhere on it, and off it by some noise. The classes take turns. */
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
