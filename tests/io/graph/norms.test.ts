import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, flat } from '../../../src/array/index.js';
import { Parameter } from '../../../src/autograd/parameter.js';
import { Statistic } from '../../../src/nn/statistic.js';
import { binary, constantOf, input, reduce, reshape } from '../../../src/io/graph/builder.js';
import { gradientsOf } from '../../../src/io/graph/gradients.js';
import { type NormEntry, normNodes } from '../../../src/io/graph/norms.js';
import type { Node, Output } from '../../../src/io/graph/node.js';
import type { Norm } from '../../../src/norms/norm.js';
import { trial } from '../../../src/norms/trial.js';
import { type Case, casesOf } from '../../../src/verify/cases.js';
import { resultsByName, seedsOf } from '../../../src/verify/trials.js';
import { norms } from '../../support/every-norm.js';
import { runs } from '../../support/runs.js';
import { type Plain, interpreted } from './interpreter.js';

const plain = (array: NdArray): Plain => ({ shape: array.shape, data: Array.from(flat(array)) });

/** What the nodes of a norm give for a case, and what its `apply` gives, both by name. */
function compared(norm: Norm, given: Case) {
  const set = trial(norm, given.x, given.options, given);
  const run = set.linearize(set.x);
  const seeds = seedsOf(set, run);
  const expected = resultsByName(run, seeds);
  const arrays = { ...run.weights, ...set.inputs };
  const nodes = Object.entries({ x: set.x, ...arrays }).map(([name, { shape }]) => input(name, shape));
  const state = new Map(Object.entries(set.state).map(([name, array]) => [name, new Statistic(array)]));
  const held = new Map<unknown, Node>(
    [...state].map(([name, one]) => [one, input(`state ${name}`, one.shape)]),
  );
  const moved = new Map<unknown, Node>();
  const attributes = {
    norm,
    options: set.options,
    names: Object.keys(run.weights),
    besideNames: Object.keys(set.inputs),
    training: set.training,
    state,
    mask: set.mask,
  };
  const weights = new Map(Object.entries(run.weights).map(([name, array]) => [name, new Parameter(array)]));
  const outputs = normNodes.nodes(
    { op: norm.type, attributes, inputs: [undefined, ...weights.values()] } as unknown as NormEntry,
    nodes,
    {
      current: (one) => held.get(one)!,
      moved: (one, node) => void moved.set(one, node),
      isTraining: true,
    },
  );
  const total = (node: Node): Node => reshape(reduce('sum', node, [...node.shape.keys()]), []);
  const loss = outputs
    .map((y, k) => total(binary('mul', y, constantOf(seeds[k]!))))
    .reduce((a, b) => binary('add', a, b));
  const gradients = gradientsOf(loss, nodes);
  const named: Output<number>[] = [
    ...outputs.map((node, k) => ({ name: `output ${k}`, node })),
    ...gradients.flatMap((node, i) =>
      node ? [{ name: `d${['x', ...Object.keys(arrays)][i]!}`, node }] : [],
    ),
    ...[...state, ...weights].flatMap(([name, one]) =>
      moved.has(one) ? [{ name, node: moved.get(one)! }] : [],
    ),
  ];
  const feeds = Object.fromEntries([
    ...Object.entries({ x: set.x, ...arrays }).map(([name, array]) => [name, plain(array)] as const),
    ...Object.entries(set.state).map(([name, array]) => [`state ${name}`, plain(array)] as const),
  ]);
  const actual = interpreted({ dtype: 'float64', inputs: nodes, weights: [], outputs: named }, feeds, 1);
  return { set, expected, actual, seeds };
}

/** At a corner there are several gradients. */
const isSmooth = (norm: Norm, { x, options, ...rest }: Case): boolean =>
  (norm.kinks?.(x, options, rest) ?? 1) > 1e-3;

const AFTER = ' after the backward pass';

const size = (values: readonly number[]): number => Math.max(1, ...values.map(Math.abs));

describe('the graph of every norm', () => {
  for (const [type, norm] of Object.entries<Norm>(norms)) {
    it(`${type}: outputs, statistics and gradients are those of the hand-written pullback`, () => {
      fc.assert(
        fc.property(casesOf({ norm }, 'float64', 'smooth'), (given) => {
          fc.pre(isSmooth(norm, given));
          const { set, expected, actual, seeds } = compared(norm, given);
          for (const [key, array] of Object.entries(expected)) {
            // The backward pass has the last word on a statistic.
            if (key + AFTER in expected) continue;
            const name = key.replace(AFTER, '');
            const mine = Array.from(flat(array));
            const most = size([...mine, ...seeds.flatMap((seed) => Array.from(flat(seed)))]);
            // A statistic that is not mentioned stays, and a gradient that no path leads to is 0.
            const other =
              actual[name]?.data ??
              (name in set.state ? Array.from(flat(set.state[name]!)) : mine.map(() => 0));
            const off = mine.map((value, i) =>
              Object.is(value, other[i]) ? 0 : Math.abs(value - (other[i] ?? Infinity)),
            );
            expect(Math.max(0, ...off) / most, name).to.be.at.most(1e-9);
          }
        }),
        { numRuns: runs(0.12) },
      );
    });
  }
});
