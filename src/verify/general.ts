import {
  type Axes,
  type NdArray,
  ROUNDOFF,
  add,
  cast,
  concat,
  distance,
  full,
  mul,
  onto,
  positiveAxes,
  reshape,
  sameShape,
  scale,
  sub,
} from '../array/index.js';
import type { Invariant, Pulled } from '../norms/law.js';
import { exactly } from '../norms/laws/bounds.js';
import type { Norm } from '../norms/norm.js';
import type { Options, Values } from '../norms/option.js';
import { type AnyTrial, apart, besideX, gap, resultsOf, samples, seedsOf, unmasked, view } from './trials.js';

type Law = Invariant<Values<Options>>;

const most = (a: NdArray): number => distance(a, full([], 0, a.dtype));

/** The gradients that have one part a sample: of x and of the inputs besides x. */
const perSample = ({ x, inputs }: Pulled): readonly NdArray[] => [x, ...Object.values(inputs)];

/** The laws of every norm, and those that follow from facts in its definition. */
export function general(norm: Norm): Readonly<Record<string, Law>> {
  const { state = {}, traits } = norm;
  const stateful = Object.keys(state).length > 0;
  const samplesApart = (trial: AnyTrial) => apart(norm, trial) > 0 && trial.x.shape[0]! > 1;
  return {
    formsKept: {
      claim:
        'Outputs, gradients and statistics have the dtype of x, and a gradient has the shape of its input or weight.',
      deviation: (trial) => {
        const { x, linearize } = trial;
        const run = linearize(x);
        const { x: dx, weights, inputs } = run.pullback();
        const gradients = { ...weights, ...inputs };
        const alike = Object.entries({ ...run.weights, ...run.inputs }).every(([name, { shape }]) =>
          sameShape(gradients[name]?.shape ?? [NaN], shape),
        );
        const kept = Object.entries(run.state ?? {}).every(([name, { shape }]) =>
          sameShape(trial.state[name]!.shape, shape),
        );
        const dtypes = resultsOf(run).every(({ dtype }) => dtype === x.dtype);
        return alike && kept && dtypes && sameShape(dx.shape, x.shape) ? 0 : Infinity;
      },
      bound: exactly,
    },

    viewsRead: {
      claim: 'A strided view of x, read backwards, gives the same bits as a copy of it.',
      deviation: (trial) => {
        const { x, linearize } = trial;
        const run = linearize(x);
        const seeds = seedsOf(trial, run);
        const viewed = linearize(view(x), { inputs: besideX(trial, view) });
        return gap(resultsOf(viewed, seeds.map(view)), resultsOf(run, seeds));
      },
      bound: exactly,
    },

    ...(norm.atInference && {
      affineAtInference: {
        claim: 'At inference it is the affine map of each feature that it states, as folding needs.',
        deviation: ({ x, options, weights, state, linearize }) => {
          const { axis, gain, center, shift } = norm.atInference!(weights, options, state);
          const wide = (a: NdArray) => reshape(cast(a, 'float64'), onto(x.shape, axis));
          const centered = center ? sub(cast(x, 'float64'), wide(center)) : cast(x, 'float64');
          const scaled = gain ? mul(centered, wide(gain)) : centered;
          const expected = shift ? add(scaled, wide(shift)) : scaled;
          const [y] = linearize(x, { training: false, mask: undefined }).outputs;
          return gap([cast(y, 'float64')], [expected]) / Math.max(1, most(scaled), most(expected), most(x));
        },
        // A difference, a product and a sum, each of rounded numbers, and the rounded gain.
        bound: ({ x, state }) => 16 * ROUNDOFF[x.dtype] * Math.max(1, ...Object.values(state).map(most)),
      } satisfies Law,
    }),

    ...(stateful
      ? {
          inferenceKeeps: {
            claim: 'Inference changes no running statistic.',
            deviation: ({ x, state: kept, linearize }) => {
              const after = linearize(x, { training: false }).state;
              return after ? gap(Object.values(after), Object.values(kept)) : 0;
            },
            bound: exactly,
          } satisfies Law,
        }
      : {
          trainingAlike: {
            claim: 'Training and inference give the same bits.',
            deviation: ({ x, linearize }) =>
              gap(resultsOf(linearize(x, { training: true })), resultsOf(linearize(x, { training: false }))),
            bound: exactly,
          } satisfies Law,
        }),

    ...(traits && {
      gradientsApart: {
        claim: `${traits.couples === 'batch' ? 'At inference the' : 'The'} output of a sample, and its gradient, do not depend on the other samples.`,
        applies: samplesApart,
        deviation: (trial) => {
          const { x, linearize } = trial;
          const run = linearize(x, unmasked);
          const seeds = seedsOf(trial, run);
          const first = (a: NdArray) => samples(a, 0, 1);
          const alone = linearize(first(x), { ...unmasked, inputs: besideX(trial, first) });
          return gap(
            [...alone.outputs, ...perSample(alone.pullback(seeds.map(first)))],
            [...run.outputs, ...perSample(run.pullback(seeds))].map(first),
          );
        },
        bound: exactly,
      },

      samplesSwapped: {
        claim: `${traits.couples === 'batch' ? 'At inference samples' : 'Samples'} in another order give the same outputs and gradients in that order.`,
        applies: samplesApart,
        deviation: (trial) => {
          const { x, linearize } = trial;
          const turned = (a: NdArray) => a.step(-1, ...a.shape.slice(1).map(() => 1)) as NdArray;
          const run = linearize(x, unmasked);
          const seeds = seedsOf(trial, run);
          const other = linearize(turned(x), { ...unmasked, inputs: besideX(trial, turned) });
          return gap([...other.outputs, ...perSample(other.pullback(seeds.map(turned)))].map(turned), [
            ...run.outputs,
            ...perSample(run.pullback(seeds)),
          ]);
        },
        bound: exactly,
      },

      silentSamples: {
        claim: `${traits.couples === 'batch' ? 'At inference samples' : 'Samples'} whose outputs get no gradient add nothing to the gradient of a weight.`,
        applies: (trial) => apart(norm, trial) > 0,
        deviation: (trial) => {
          const { x, linearize } = trial;
          const run = linearize(x, unmasked);
          const seeds = seedsOf(trial, run);
          const expected = Object.values(run.pullback(seeds).weights);
          const inputs = besideX(trial, (a) => concat([a, a], 0));
          const more = linearize(concat([x, scale(x, 0.5)], 0), { ...unmasked, inputs });
          const silent = seeds.map((seed) => scale(seed, 0));
          const first = more.pullback(seeds.map((seed, i) => concat([seed, silent[i]!], 0)));
          return gap(Object.values(first.weights), expected);
        },
        bound: exactly,
      },
    }),

    ...(traits &&
      traits.couples !== 'sample' &&
      traits.couples !== 'prefix' &&
      traits.couplesAtInference === undefined && {
        leadingAxesMerged: {
          claim: 'Axes before the normalized ones can be merged: [a, b, …] gives the same as [a · b, …].',
          applies: (trial) =>
            apart(norm, trial) > 1 &&
            trial.x.shape.length > 2 &&
            Object.values(trial.inputs).every(({ shape }) => sameShape(shape, trial.x.shape)),
          deviation: (trial) => {
            const { x, options, linearize } = trial;
            const merged = ({ shape: [a, b, ...rest] }: NdArray) => [a! * b!, ...rest];
            const rank = x.shape.length;
            const changes = Object.fromEntries(
              Object.entries(norm.options)
                .filter(([, { kind }]) => kind === 'axis' || kind === 'axes')
                .map(([name, { kind }]) => {
                  const back = positiveAxes(options[name] as Axes, rank).map((axis) => axis - rank);
                  return [name, kind === 'axis' ? back[0] : back];
                }),
            );
            const run = linearize(x, unmasked);
            const seeds = seedsOf(trial, run);
            const joined = (a: NdArray) => reshape(a, merged(a));
            const inputs = besideX(trial, joined);
            const other = linearize(joined(x), { ...unmasked, changes, inputs });
            return gap(
              [...other.outputs, ...perSample(other.pullback(seeds.map(joined)))],
              [...run.outputs, ...perSample(run.pullback(seeds))],
            );
          },
          bound: exactly,
        },
      }),
  };
}
