import { type NdArray, fromSource } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { vjp } from '../autograd/vjp.js';
import { descriptionOf } from '../norms/description.js';
import { NormalizationLayer, normalization } from '../norms/layer.js';
import type { Norm } from '../norms/norm.js';
import { rule } from '../norms/rule.js';
import { read } from '../norms/option.js';
import type { Claim, Tried } from './claim.js';
import { gap } from './trials.js';

/** A layer of the norm under the options, weights and statistics of a case. */
function layerOf({ norm, given: { x, options, weights, state, training } }: Tried): NormalizationLayer {
  const layer = new NormalizationLayer(norm, norm.type, options);
  layer.build(x.shape, { dtype: x.dtype });
  layer.loadStateDict({ ...weights, ...state });
  return training ? layer.train() : layer.eval();
}

type Tensors = Readonly<Record<string, Tensor>>;

const tensors = (arrays: Readonly<Record<string, NdArray>>): Tensors =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, new Tensor(value)]));

const outputsOf = (layer: NormalizationLayer, x: Tensor, inputs: Tensors): readonly Tensor[] =>
  [layer.forward(x, inputs)].flat();

const exact = (deviation: number) => ({ deviation, bound: 0 });

/** The claims about a layer, which has state, in addition to those about its pure function. */
export const layers: readonly Claim[] = [
  {
    name: 'layerAlike',
    claim:
      'A layer gives the outputs and gradients of its definition, even if it is called again and trained before its pullback runs.',
    sort: 'ordinary',
    measure(tried) {
      const { trial } = tried;
      const layer = layerOf(tried);
      const x = new Tensor(trial.x);
      const inputs = tensors(trial.inputs);
      const run = trial.linearize(trial.x, { mask: undefined });
      const seeds = run.outputs.map(({ shape }, i) => trial.normal(shape, i));
      const parameters = layer.parameters();
      const kept = layer.stateDict();
      const { value, pullback } = vjp(() => outputsOf(layer, x, inputs));
      const after = layer.stateDict();
      outputsOf(layer, new Tensor(trial.normal(trial.x.shape, 9)), inputs);
      for (const weight of parameters) weight.value = trial.normal(weight.shape, 8);
      const pulled = pullback(seeds.map((seed) => new Tensor(seed)));
      const claimed = run.pullback(seeds);
      const moved = { ...run.state, ...run.set };
      const expected = { ...kept, ...moved };
      const names = Object.keys(moved);
      return exact(
        Math.max(
          gap(
            value.map((y) => y.value),
            run.outputs,
          ),
          gap(
            [x, ...parameters, ...Object.values(inputs)].map((leaf) => pulled.of(leaf)!.value),
            [claimed.x, ...Object.values(claimed.weights), ...Object.values(claimed.inputs)],
          ),
          gap(
            names.map((name) => after[name]!),
            names.map((name) => expected[name] as NdArray),
          ),
        ),
      );
    },
  },

  {
    name: 'configRoundTrip',
    claim: 'Its configuration, written to JSON and read back, makes a layer with the same configuration.',
    sort: 'ordinary',
    measure(tried) {
      const layer = layerOf(tried);
      const { type, ...config } = layer.getConfig();
      const again = normalization(tried.norm, JSON.parse(JSON.stringify(config)) as object);
      return exact(
        type === tried.norm.type && JSON.stringify(again.getConfig()) === JSON.stringify(layer.getConfig())
          ? 0
          : Infinity,
      );
    },
  },

  {
    name: 'stateRoundTrip',
    claim: 'Another layer that loads its state gives the same bits.',
    sort: 'ordinary',
    measure(tried) {
      const [layer, other] = [layerOf(tried), normalization(tried.norm, tried.given.options as object)];
      other.build(tried.given.x.shape, { dtype: tried.given.x.dtype });
      other.loadStateDict(layer.stateDict());
      const [x, before] = [new Tensor(tried.given.x), layer.stateDict()];
      const inputs = tensors(tried.given.inputs);
      const of = (one: NormalizationLayer) =>
        outputsOf(tried.given.training ? one.train() : one.eval(), x, inputs).map(({ value }) => value);
      const names = Object.keys(before);
      if (Object.keys(other.stateDict()).join() !== names.join()) return exact(Infinity);
      return exact(
        Math.max(
          gap(of(other), of(layer)),
          gap(Object.values(other.stateDict()), Object.values(layer.stateDict())),
        ),
      );
    },
  },

  {
    name: 'example',
    claim: 'It reproduces its worked example to five decimals.',
    sort: 'ordinary',
    dtypes: ['float64'],
    measure: ({ norm }) => ({ deviation: exampleGap(norm), bound: 1e-5 }),
  },
];

const found = new WeakMap<Norm, number>();

/** The largest error of the worked example of a norm. */
function exampleGap(norm: Norm): number {
  const known = found.get(norm);
  if (known !== undefined) return known;
  const {
    x,
    parameters,
    inputs = {},
    y,
    state: after = {},
    options: changed = {},
  } = descriptionOf(norm).example;
  const array = (nested: typeof x) => fromSource(nested, { dtype: 'float64' });
  const { values: options } = read(norm.type, norm.options, changed);
  const layer = new NormalizationLayer(norm, norm.type, options);
  const input = array(x);
  layer.build(input.shape, { dtype: 'float64' });
  const state = Object.fromEntries(
    Object.entries(layer.stateDict()).filter(([name]) => name in (norm.state ?? {})),
  );
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, array(value)] as const],
  );
  const run = rule(
    norm,
    given.map(([name]) => name),
    options,
    { training: true, state },
    Object.keys(inputs),
  );
  const result = run([input, ...given.map(([, value]) => value), ...Object.values(inputs).map(array)]);
  const expected = (result.values.length > 1 ? y : [y]) as readonly (typeof x)[];
  const off = Math.max(
    gap(result.values, expected.map(array)),
    gap(
      Object.keys(after).map((name) => result.state![name]!),
      Object.values(after).map((value) => array(value!)),
    ),
  );
  found.set(norm, off);
  return off;
}
