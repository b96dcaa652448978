import {
  Parameter,
  constraint,
  cosineSchedule,
  initialize,
  linearSchedule,
  polynomialSchedule,
  primitive,
  regularizer,
  square,
  stepSchedule,
  tensor,
  vjp,
  warmRestartsSchedule,
} from '../../../src/index.js';
import { characters, split, standardize, windows } from '../../../src/data/index.js';
import { earlyStopping, overall, r2, reduceOnPlateau } from '../../../src/train/index.js';
import { type Target } from './targets.js';
import { classes, rows } from './values.js';

const target = (name: string, make: () => object, sample: () => readonly unknown[]): Target => ({
  name,
  sample,
  call(args) {
    const made = make() as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
    return made[name.split('.').at(-1)!]!(...args);
  },
});

const returned = (name: string, make: () => unknown, sample: () => readonly unknown[]): Target => ({
  name,
  sample,
  call: (args) => (make() as (...args: readonly unknown[]) => unknown)(...args),
});

const scaled = () => standardize(split(classes(), { testShare: 0.5, seed: 1 })).features;

/** Methods of returned objects, and returned functions. */
export const made: readonly Target[] = [
  target(
    'data.characters().encode',
    () => characters('abc'),
    () => ['abc'],
  ),
  target(
    'data.characters().decode',
    () => characters('abc'),
    () => [[0, 1]],
  ),
  target(
    'data.windows().pick',
    () => windows(Int32Array.of(0, 1, 2, 3), 2),
    () => [[0, 1]],
  ),
  target('data.standardize().apply', scaled, () => [rows()]),
  target('data.standardize().invert', scaled, () => [rows()]),
  target(
    'vjp().pullback',
    () => vjp(() => square(rows())),
    () => [rows()],
  ),
  target(
    'train.r2.start',
    () => r2,
    () => [],
  ),
  target(
    'train.earlyStopping().restore',
    () => earlyStopping(),
    () => [{ best: 1, waited: 0 }],
  ),
  target(
    'train.reduceOnPlateau().restore',
    () => reduceOnPlateau(),
    () => [{ best: 1, waited: 0, cooling: 0 }],
  ),
  target(
    'train.overall().start',
    () => overall(() => 1),
    () => [],
  ),
  returned(
    'primitive()',
    () => primitive('own', (a: never, b: never) => ({ value: a, pullback: (g) => [g, b] })),
    () => [rows(), rows()],
  ),
  returned(
    'cosineSchedule()',
    () => cosineSchedule(0.1, 10),
    () => [1],
  ),
  returned(
    'linearSchedule()',
    () => linearSchedule(0.1, 10),
    () => [1],
  ),
  returned(
    'polynomialSchedule()',
    () => polynomialSchedule(0.1, 10),
    () => [1],
  ),
  returned(
    'stepSchedule()',
    () => stepSchedule(0.1, 10),
    () => [1],
  ),
  returned(
    'warmRestartsSchedule()',
    () => warmRestartsSchedule(0.1, 10),
    () => [1],
  ),
  returned(
    'regularizer()',
    () => regularizer('l2'),
    () => [new Parameter(tensor([1]))],
  ),
  returned(
    'constraint()',
    () => constraint('non_neg'),
    () => [initialize('ones', [2])],
  ),
];
