import {
  type NdArray,
  distance,
  flat,
  fromFlat,
  full,
  map,
  mean,
  mul,
  reshape,
  scale,
  square,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import type { Activation } from '../parts/activation.js';
import { type Split, splitShape, withinGroup } from '../parts/split.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { laid, relative, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { unitLaws } from './unit.js';

type Gated = Split & WithEpsilon & { readonly normFirst: boolean; readonly activation: Activation };

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

const ACTIVATIONS: Readonly<Record<Activation, (z: number) => number>> = {
  silu: (z) => z * sigmoid(z),
  sigmoid,
  linear: (z) => z,
};

/** φ′(0). */
const SLOPES: Readonly<Record<Activation, number>> = { silu: 0.5, sigmoid: 0.25, linear: 1 };

const filledGate = ({ x }: Trial<Gated>, value: number) => ({ gate: full(x.shape, value, x.dtype) });

/** γ x̂ of a trial, as the norm gives it through a linear gate of 1. */
const ungated = (trial: Trial<Gated>): NdArray =>
  trial.linearize(trial.x, { changes: { activation: 'linear' }, inputs: filledGate(trial, 1) }).outputs[0];

/** The largest difference of two arrays, relative to a scale at each place. */
const gapTo = (a: NdArray, b: NdArray, size: NdArray): number => {
  const [own, other, sizes] = [a, b, size].map((array) => flat(wide(array)));
  return worst(Array.from(own!, (value, i) => relative(value - other![i]!, Math.abs(sizes![i]!))));
};

const { unitFormula, radialGradient, shorterGradient, positiveJacobian, symmetricJacobian, zeroRows } =
  unitLaws<Gated>({ total: 'mean', bound: 'added', centered: false });

const meanSquares = (a: NdArray, { axis, groups }: Split): NdArray =>
  mean(square(reshape(wide(a), splitShape(a.shape, { axis, groups }))), withinGroup(a.shape, axis));

/** The laws of a norm with a gate φ(z), before or after the division. */
export const gatedLaws = {
  ...lawsUnder<Gated, string>(
    'If it divides first',
    { normFirst: true },
    {
      unitFormula,
      radialGradient,
      shorterGradient,
      positiveJacobian,
      symmetricJacobian,
      zeroRows,

      ownNumber: {
        claim: 'A gate acts on its own number alone.',
        deviation(trial) {
          const { x, inputs, linearize } = trial;
          const others = fromFlat(
            Float64Array.from(flat(wide(inputs['gate']!)), (z, i) => (i === 0 ? z : 3 * z + 1)),
            x.shape,
          );
          const [one, other] = [inputs, { gate: others }].map(
            (own) => flat(linearize(x, { inputs: own }).outputs[0])[0]!,
          );
          return Math.abs(one! - other!);
        },
        bound: exactly,
      },

      zeroGates: {
        claim: 'A gate of 0 gives φ(0) γ x̂, and its gradient is φ′(0) γ x̂ dy.',
        deviation(trial) {
          const { x, options, linearize, normal } = trial;
          const { activation: name } = options;
          const [open, dy] = [wide(ungated(trial)), wide(normal(x.shape))];
          const { outputs, pullback } = linearize(x, { inputs: filledGate(trial, 0) });
          const claimed = scale(mul(open, dy), SLOPES[name]);
          return Math.max(
            gapTo(outputs[0], scale(open, ACTIVATIONS[name](0)), open),
            gapTo(pullback([normal(x.shape)]).inputs['gate']!, claimed, claimed),
          );
        },
        bound: (trial) => 8 * u(trial),
      },
    },
  ),

  ...lawsUnder<Gated, string>(
    'If it multiplies first',
    { normFirst: false },
    {
      redistributes: {
        claim:
          'With its initial weights, the mean square of the output is m / (m + ε), where m is that of x φ(z): a gate only redistributes.',
        corollary: true,
        deviation({ x, options, inputs, run }) {
          const open = map(wide(inputs['gate']!), ACTIVATIONS[options.activation]);
          const m = meanSquares(mul(wide(x), open), options);
          const claimed = map(m, (power) => power / (power + options.epsilon));
          return distance(meanSquares(run(x)[0], options), claimed);
        },
        bound: (trial) => (count(trial, trial.options.axis) + 40) * u(trial),
      },

      scaledGate: {
        claim: 'Under a linear activation, scaling all gates by a and ε by a² changes nothing.',
        applies: ({ options }) => options.activation === 'linear',
        // By powers of two, which round nothing.
        deviation: ({ x, options, inputs, linearize }) =>
          worst(
            [0.5, -8].map((a) => {
              const changes = { epsilon: a * a * options.epsilon };
              const scaled = { gate: scale(inputs['gate']!, a) };
              const y = linearize(x, { changes, inputs: scaled }).outputs[0];
              return distance(scale(y, Math.sign(a)), linearize(x).outputs[0]);
            }),
          ),
        bound: exactly,
      },

      zeroRowsOfGates: {
        claim: 'Gates of 0 give 0 and no gradient of x, and their gradient is φ′(0) γ x dy / √ε.',
        applies: ({ options }) => ACTIVATIONS[options.activation](0) === 0,
        deviation(trial) {
          const { x, options, linearize, normal } = trial;
          const { outputs, pullback } = linearize(x, { inputs: filledGate(trial, 0) });
          const { x: dx, inputs } = pullback([normal(x.shape)]);
          const nothing = full([], 0, x.dtype);
          if (distance(outputs[0], nothing) > 0 || distance(dx, nothing) > 0) return Infinity;
          const [dy, gain] = [wide(normal(x.shape)), laid(trial, 'scale', options.axis)];
          const grown = gain ? mul(dy, gain) : dy;
          const claimed = scale(mul(wide(x), grown), SLOPES[options.activation] / Math.sqrt(options.epsilon));
          return gapTo(inputs['gate']!, claimed, claimed);
        },
        bound: (trial) => 12 * u(trial),
      },
    },
  ),

  closedGates: {
    claim: 'A gate of −1000 is closed under silu and sigmoid: the output is 0, and no gradient reaches x.',
    applies: ({ options }) => options.activation !== 'linear',
    deviation(trial) {
      const { outputs, pullback } = trial.linearize(trial.x, { inputs: filledGate(trial, -1000) });
      const nothing = full([], 0, trial.x.dtype);
      return Math.max(distance(outputs[0], nothing), distance(pullback().x, nothing));
    },
    bound: exactly,
  },

  openGates: {
    claim: 'Under a linear activation and gates of 1, both orders give the same bits.',
    deviation(trial) {
      const { x, linearize } = trial;
      const [one, other] = [true, false].map((normFirst) =>
        linearize(x, { changes: { activation: 'linear', normFirst }, inputs: filledGate(trial, 1) }),
      );
      return Math.max(
        distance(one!.outputs[0], other!.outputs[0]),
        distance(one!.pullback().x, other!.pullback().x),
      );
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<Gated>>;
