import {
  type NdArray,
  distance,
  flat,
  map,
  mul,
  onAxis,
  reshape,
  sameShape,
  sliceView,
  square,
  sum,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type HeadKind, headShape } from '../parts/heads.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { centeredLaws, standardizedCore } from './centered.js';
import { relative, worst } from './groups.js';
import {
  roundedUnit,
  lengthScaledGradient,
  lengthScalingLaw,
  scaledGradient,
  scalingLaw,
} from './symmetry.js';
import { lawsIf, lawsUnder } from './if.js';
import { unitLaws } from './unit.js';

interface Heads extends WithEpsilon {
  readonly heads: number;
  readonly keyHeads: number | null;
  readonly kind: HeadKind;
  readonly scope: 'head' | 'full';
  readonly useScale: boolean;
}

const partsOf = ({ scope, heads }: Heads): number => (scope === 'full' ? 1 : heads);

/** The last head of an array. */
const lastHead = (a: NdArray, heads: number): NdArray =>
  sliceView(a, onAxis(-1, a.shape.length, [-a.shape.at(-1)! / heads]));

const most = (a: NdArray | undefined): number => (a ? worst([...flat(a)].map(Math.abs)) : 1);

const { zeroMean, unitVariance, shiftInvariant, constantRows } = centeredLaws<Heads>(standardizedCore);
const { unitFormula, boundedUnit, radialGradient, shorterGradient, zeroRows } = unitLaws<Heads>({
  total: 'mean',
  bound: 'added',
  centered: false,
});

/** Whether queries and keys have the same shape, and may change places. */
const areAlike = ({ x, inputs }: Trial<Heads>): boolean => sameShape(inputs['key']!.shape, x.shape);

/** The laws of a norm of queries and keys, head by head. */
export const queryKeyLaws = {
  treatedAlike: {
    claim:
      'Queries and keys are normalized alike: exchanging them, with their gains, exchanges results and gradients.',
    applies: areAlike,
    deviation(trial) {
      const { x, inputs, weights, normal, linearize } = trial;
      const [seed, other] = [normal(x.shape), normal(x.shape, 1)];
      const turned = { query_scale: weights['key_scale'], key_scale: weights['query_scale'] };
      const present = Object.fromEntries(
        Object.entries(turned).filter((entry): entry is [string, NdArray] => entry[1] !== undefined),
      );
      const one = linearize(x);
      const two = linearize(inputs['key']!, { inputs: { key: x }, weights: present });
      const [pulled, back] = [one.pullback([seed, other]), two.pullback([other, seed])];
      const own = pulled.weights['query_scale'];
      return Math.max(
        distance(one.outputs[0], two.outputs[1]!),
        distance(one.outputs[1]!, two.outputs[0]),
        distance(pulled.x, back.inputs['key']!),
        distance(pulled.inputs['key']!, back.x),
        own ? distance(own, back.weights['key_scale']!) : 0,
      );
    },
    bound: exactly,
  },

  apart: {
    claim: 'Queries do not depend on keys, nor keys on queries.',
    deviation({ x, inputs, linearize }) {
      const key = map(inputs['key']!, (value) => 3 * value + 1);
      const [one, two, three] = [
        linearize(x),
        linearize(x, { inputs: { key } }),
        linearize(map(x, (value) => 3 * value + 1)),
      ];
      return Math.max(distance(one.outputs[0], two.outputs[0]), distance(one.outputs[1]!, three.outputs[1]!));
    },
    bound: exactly,
  },

  headsApart: {
    claim: 'A head is normalized as if there were no others.',
    applies: ({ options }) => options.scope === 'head',
    deviation({ x, inputs, options, run, linearize }) {
      const { heads, keyHeads } = options;
      const key = lastHead(inputs['key']!, keyHeads ?? heads);
      const changes = { heads: 1, keyHeads: null };
      const alone = linearize(lastHead(x, heads), { fresh: true, changes, inputs: { key } }).outputs;
      return distance(lastHead(run(x)[0], heads), alone[0]);
    },
    bound: roundedUnit,
  },

  boundedLogits: {
    claim:
      'No product of a query and a key exceeds D max|γ δ|, for D numbers in a head, or max|γ δ| under l2: the logits of attention are bounded.',
    applies: areAlike,
    deviation(trial) {
      const { x, options, weights, linearize } = trial;
      const parts = partsOf(options);
      const [queries, keys] = linearize(x).outputs.map((y) => wide(reshape(y, headShape(y.shape, parts))));
      const products = flat(sum(mul(queries!, keys!), -1));
      const size = options.kind === 'l2' ? 1 : x.shape.at(-1)! / parts;
      const limit = size * most(weights['query_scale']) * most(weights['key_scale']);
      return worst([...products].map((q) => relative(Math.max(0, Math.abs(q) - limit), limit)));
    },
    bound: (trial) => (4 * count(trial, -1) + 40) * u(trial),
  },

  ...lawsUnder<Heads, string>(
    'If it divides by root mean squares',
    { kind: 'rms_norm' },
    {
      unitFormula,
      boundedUnit,
      radialGradient,
      shorterGradient,
      zeroRows,
    },
  ),

  ...lawsUnder<Heads, string>(
    'If it standardizes',
    { kind: 'layer_norm' },
    {
      zeroMean,
      unitVariance,
      shiftInvariant,
      constantRows,
    },
  ),

  ...lawsIf<Heads, string>('If it does not divide by lengths', ({ options: { kind } }) => kind !== 'l2', {
    scaledQueries: { ...scalingLaw, claim: 'Scaling x by a and ε by a² leaves the queries unchanged.' },
    scaledQueryGradients: scaledGradient,
  }),

  ...lawsUnder<Heads, string>(
    'If it divides by lengths',
    { kind: 'l2' },
    {
      scaledLengths: { ...lengthScalingLaw, claim: 'Scaling x and ε by a leaves the queries unchanged.' },
      scaledLengthGradients: lengthScaledGradient,

      leastLengthOfHeads: {
        claim: 'With its initial weights, the length of a head is min(1, ‖x‖ / ε).',
        corollary: true,
        deviation({ x, options, run }) {
          const parts = partsOf(options);
          const lengths = (a: NdArray) =>
            map(sum(square(wide(reshape(a, headShape(a.shape, parts)))), -1), Math.sqrt);
          return distance(
            lengths(run(x)[0]),
            map(lengths(x), (length) => Math.min(1, length / options.epsilon)),
          );
        },
        bound: (trial) => (count(trial, -1) + 12) * u(trial),
      },
    },
  ),
} satisfies Record<string, Invariant<Heads>>;
