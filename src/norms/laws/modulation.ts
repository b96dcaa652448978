import {
  type NdArray,
  broadcastTo,
  distance,
  flat,
  full,
  map,
  onto,
  positiveAxes,
  reshape,
  scale,
  sumTo,
} from '../../array/index.js';
import type { Invariant, Setting, Trial } from '../law.js';
import type { PlainType } from '../parts/plain.js';
import { type WithEpsilon, count, exactly, least, u, wide } from './bounds.js';
import { centeredLaws, standardizedCore } from './centered.js';
import { apart, bits, relative, worst } from './groups.js';
import { maskLaws } from './masked.js';
import { runningLaws } from './running.js';
import { samplesAlwaysApart, scaledGradient, scalingLaw } from './symmetry.js';
import { lawsIf } from './if.js';
import { unitLaws } from './unit.js';

interface Modulation extends WithEpsilon {
  readonly norm: PlainType;
  readonly axis: number;
  readonly groups: number;
  readonly momentum: number;
  readonly offset: number;
  readonly conditionSize: number | null;
  readonly gate: boolean;
  readonly perPosition: boolean;
}

type Law = Invariant<Modulation>;

const isGiven = ({ conditionSize }: Modulation): boolean => conditionSize === null;

const isCentered = ({ norm }: Modulation): boolean => norm !== 'rms_norm' && norm !== 'none';

/** The laws with the condition that no factor o + scale nearly cancels: by differences they could not tell it from 0. */
const steady = <K extends string>(laws: Readonly<Record<K, Law>>): Readonly<Record<K, Law>> =>
  Object.fromEntries(
    Object.entries<Law>(laws).map(([name, { applies, ...law }]) => [
      name,
      {
        ...law,
        applies: (trial: Trial<Modulation>) => {
          const factors = [...flat(wide(trial.inputs['scale']!))].map((s) => s + trial.options.offset);
          return factors.every((f) => Math.abs(f) > 1 / 64) && (applies?.(trial) ?? true);
        },
      },
    ]),
  ) as Record<K, Law>;

/** The inputs of a trial with some of them changed. */
const withInputs = (
  { inputs }: Trial<Modulation>,
  change: (a: NdArray, name: string) => NdArray,
): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, change(a, name)]));

/** Shift and scale filled with numbers, as one part for each sample. */
const filled = ({ x, options }: Trial<Modulation>, shift: number, factor: number) => {
  const features = x.shape[positiveAxes(options.axis, x.shape.length)[0]!]!;
  const part = (value: number) => full([x.shape[0]!, features], value, x.dtype);
  return { shift: part(shift), scale: part(factor) };
};

const allGiven = { conditionSize: null, perPosition: false, gate: false } as const;

/** N(x), as a factor of 1 and a shift of 0 leave it. */
const plain = (trial: Trial<Modulation>, setting: Setting<Modulation> = {}): NdArray =>
  trial.linearize(trial.x, {
    ...setting,
    changes: { ...allGiven, offset: 1, ...setting.changes },
    inputs: filled(trial, 0, 0),
  }).outputs[0];

const { integerShift, constantRows, alone, zeroSumGradient } = centeredLaws<Modulation>(standardizedCore);
const centeredUnit = unitLaws<Modulation>(standardizedCore);
const rmsUnit = unitLaws<Modulation>({ total: 'mean', bound: 'added', centered: false });
const { runningBlend, fullMomentum, noMomentum } = runningLaws;
const { unseenPositions, emptyMask } = maskLaws();

/** The laws of y = (o + scale) N(x) + shift. */
export const modulationLaws = {
  linearInParts: {
    claim: 'y is linear in o + scale and shift: multiplying both by a power of two multiplies y by it.',
    applies: ({ options }) => isGiven(options),
    deviation: (trial) =>
      worst(
        [2, -0.25].map((a) => {
          const [one, other] = [1, a].map(
            (factor) =>
              trial.linearize(trial.x, {
                changes: { offset: 0 },
                inputs: withInputs(trial, (part, name) => (name === 'gate' ? part : scale(part, factor))),
              }).outputs[0],
          );
          return distance(scale(one!, a), other!);
        }),
      ),
    bound: (trial) => 16 * least(trial),
  },

  offsetAdded: {
    claim:
      'An offset is added to the scale: with a scale of 1 and an offset of 0, y is what a scale of 0 and an offset of 1 give.',
    deviation(trial) {
      const other = trial.linearize(trial.x, {
        changes: { ...allGiven, offset: 0 },
        inputs: filled(trial, 0, 1),
      });
      return distance(other.outputs[0], plain(trial));
    },
    bound: exactly,
  },

  projectedStart: {
    claim: 'A new projected layer gives o N(x), and a gate of 0, whatever the condition.',
    deviation(trial) {
      const { x, options, normal, linearize } = trial;
      const changes = { conditionSize: 2, perPosition: false, gate: true };
      const condition = normal([x.shape[0]!, 2], 5);
      const made = linearize(x, { changes, weights: { kernel: 0, bias: 0 }, inputs: { condition } });
      const given = linearize(x, { changes: allGiven, inputs: filled(trial, 0, 0) });
      const gate = distance(made.outputs[1]!, full([], 0, x.dtype));
      return options.offset === 0 ? gate : Math.max(gate, distance(made.outputs[0], given.outputs[0]));
    },
    bound: exactly,
  },

  shiftSummed: {
    claim: 'The gradient of a given shift is the sum of dy over the positions that share it.',
    applies: ({ options }) => isGiven(options),
    deviation(trial) {
      const { x, options, normal, linearize } = trial;
      const dy = normal(x.shape);
      const pulled = wide(linearize(x).pullback([dy]).inputs['shift']!);
      const shape = options.perPosition ? x.shape : onto(x.shape, [0, options.axis]);
      const [sums, sizes] = [wide(dy), map(wide(dy), Math.abs)].map((a) => flat(sumTo(a, shape)));
      return worst(
        Array.from(flat(pulled), (value, i) => relative(value - sums![i]!, (count(trial) + 4) * sizes![i]!)),
      );
    },
    bound: u,
  },

  gatePasses: {
    claim: 'A given gate is the second output as it is, and its gradient is that of this output.',
    applies: ({ options }) => isGiven(options) && options.gate,
    deviation({ x, inputs, normal, linearize }) {
      const { outputs, pullback } = linearize(x);
      const seed = normal(outputs[1]!.shape, 1);
      const pulled = pullback([normal(x.shape), seed]).inputs['gate']!;
      return Math.max(distance(outputs[1]!, inputs['gate']!), distance(pulled, seed));
    },
    bound: exactly,
  },

  spreadParts: {
    claim: 'Parts that are the same at all positions give with `perPosition` the same bits as without.',
    applies: ({ options }) => isGiven(options) && !options.perPosition,
    deviation(trial) {
      const { x, options, linearize } = trial;
      const spread = (a: NdArray) => broadcastTo(reshape(a, onto(x.shape, [0, options.axis])), x.shape);
      const inputs = withInputs(trial, spread);
      const wider = linearize(x, { changes: { perPosition: true }, inputs });
      return distance(wider.outputs[0], linearize(x).outputs[0]);
    },
    bound: exactly,
  },

  ownCondition: {
    claim: 'A sample feels its own condition, or its own parts, and no other.',
    deviation(trial) {
      const { x, linearize } = trial;
      const others = (a: NdArray) => {
        const changed = map(a, (value) => 3 * value + 1);
        changed.data.set(flat(a).subarray(0, a.size / a.shape[0]!));
        return changed;
      };
      const first = (y: NdArray) => [...flat(y)].slice(0, y.size / x.shape[0]!);
      const [one, other] = [linearize(x), linearize(x, { inputs: withInputs(trial, others) })];
      return worst(one.outputs.map((y, k) => apart(first(y), first(other.outputs[k]!))));
    },
    bound: exactly,
  },

  ...lawsIf<Modulation, string>('If N is not batch_norm', ({ options }) => options.norm !== 'batch_norm', {
    samplesApart: samplesAlwaysApart,
  }),

  ...lawsIf<Modulation, string>('If N divides', ({ options }) => options.norm !== 'none', {
    scalingLaw,
    scaledGradient,
  }),

  ...lawsIf<Modulation, string>(
    'If parts are given and N subtracts the mean',
    ({ options }) => isGiven(options) && isCentered(options),
    {
      ...steady({
        unitFormula: centeredUnit.unitFormula,
        radialGradient: centeredUnit.radialGradient,
        shorterGradient: centeredUnit.shorterGradient,
        zeroRows: centeredUnit.zeroRows,
        zeroSumGradient,
      }),
      integerShift,
      constantRows,
      alone,
      unseenPositions,
    },
  ),

  ...lawsIf<Modulation, string>('If N subtracts the mean', ({ options }) => isCentered(options), {
    emptyMask: { ...emptyMask, applies: ({ mask, training }) => training && mask !== undefined },
  }),

  ...lawsIf<Modulation, string>(
    'If parts are given and N is rms_norm',
    ({ options }) => isGiven(options) && options.norm === 'rms_norm',
    steady({
      rmsFormula: rmsUnit.unitFormula,
      rmsRadialGradient: rmsUnit.radialGradient,
      rmsZeroRows: rmsUnit.zeroRows,
    }),
  ),

  ...lawsIf<Modulation, string>('If N is batch_norm', ({ options }) => options.norm === 'batch_norm', {
    runningBlend,
    fullMomentum,
    noMomentum,

    emptyBatch: {
      claim: 'A batch in which no position counts leaves the running statistics as they are.',
      applies: ({ mask }) => mask !== undefined,
      deviation: ({ x, mask, state, linearize }) =>
        apart(bits(linearize(x, { training: true, mask: map(mask!, () => 0) }).state), bits(state)),
      bound: exactly,
    },
  }),
} satisfies Record<string, Law>;
