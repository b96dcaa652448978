import { expect } from 'chai';
import { type NdArray, Random, type Shape, draw, flat } from '../../src/array/index.js';
import { checkpoint } from '../../src/autograd/checkpoint.js';
import { noGrad } from '../../src/autograd/recording.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import type { Norm } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { createNormalizationLayer, normalizationTypes, norms } from '../../src/norms/normalizations.js';
import { add, mul, sum } from '../../src/ops/catalog.js';
import { beside } from '../support/beside.js';

// Statistics, and weights that a call sets: what moves them, and what must not.

const SHAPES: readonly Shape[] = [
  [4, 3],
  [2, 5, 3],
];

/** One layer of a type in training, with an input, and a gradient for each of its outputs. */
interface Trained {
  readonly layer: NormalizationLayer;
  readonly x: Tensor;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly seeds: readonly Tensor[];
}

type Type = (typeof normalizationTypes)[number];

function trained(type: Type, options: object, dtype: 'float32' | 'float64' = 'float64'): Trained {
  const layer = createNormalizationLayer(type, options as never) as NormalizationLayer;
  const norm: Norm = layer.definition;
  const shape = SHAPES.find((own) => (norm.accepts?.(own, layer.options) ?? true) === true)!;
  const random = new Random(7);
  const normal = (own: Shape) => new Tensor(draw(own, () => random.normal(), dtype));
  const x = normal(shape);
  const inputs = beside(layer, x);
  const probe = createNormalizationLayer(type, options as never) as NormalizationLayer;
  const seeds = outputsOf({ layer: probe, x, inputs }).map((y) => normal(y.shape));
  layer.build(shape, { dtype });
  return { layer, x, inputs, seeds };
}

const outputsOf = ({ layer, x, inputs }: Omit<Trained, 'seeds'>): readonly Tensor[] =>
  [layer.forward(x, inputs)].flat();

/** One number whose gradient by each output is its seed. */
const scalar = (all: Trained): Tensor =>
  outputsOf(all)
    .map((y, k) => sum(mul(y, all.seeds[k]!)))
    .reduce((total, one) => add(total, one));

const bits = (arrays: Readonly<Record<string, NdArray>>): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, [...flat(a)]]));

const stateOf = ({ layer }: Trained) => bits(layer.stateDict());

/** The options under which a type keeps statistics, among its defaults, every choice, and the largest of each whole number. */
function variants(type: Type): readonly object[] {
  const { options, state }: Norm = norms[type];
  if (state === undefined) return [];
  const others = Object.entries(options).flatMap(([name, option]): readonly object[] => {
    if (option.kind === 'choice') return option.choices.map((choice) => ({ [name]: choice }));
    return option.kind === 'number' && option.whole ? [{ [name]: option.explore[1] }] : [];
  });
  return [{}, ...others].filter(
    (given) => isAccepted(type, given) && trained(type, given).layer.statistics().size > 0,
  );
}

const isAccepted = (type: Type, given: object): boolean => {
  const { definition, options } = createNormalizationLayer(type, given as never) as NormalizationLayer;
  return SHAPES.some((shape) => (definition.accepts?.(shape, options) ?? true) === true);
};

const pass = (f: () => Tensor, backward: number): void => {
  const { pullback } = vjp(f);
  for (let i = 0; i < backward; i++) pullback();
};

/** Ways to make one pass in training with so many backward passes, after which the statistics must be the same. */
const WAYS: Readonly<Record<string, (all: Trained, backward: number) => void>> = {
  'a pass whose backward pass runs twice': (all, backward) => pass(() => scalar(all), 2 * backward),
  'a pass in a checkpoint': (all, backward) => pass(() => checkpoint(() => scalar(all)), backward),
  'a pass in a checkpoint, whose backward pass runs twice': (all, backward) =>
    pass(() => checkpoint(() => scalar(all)), 2 * backward),
  'a pass in nested checkpoints': (all, backward) =>
    pass(() => checkpoint(() => checkpoint(() => scalar(all))), backward),
  'a pass in nested checkpoints, whose backward pass runs twice': (all, backward) =>
    pass(() => checkpoint(() => checkpoint(() => scalar(all))), 2 * backward),
  'a pass in three checkpoints': (all, backward) =>
    pass(() => checkpoint(() => checkpoint(() => checkpoint(() => scalar(all)))), backward),
};

const after = (type: Type, options: object, way: (all: Trained) => void) => {
  const all = trained(type, options);
  way(all);
  return stateOf(all);
};

const stateful = normalizationTypes.flatMap((type) => variants(type).map((options) => ({ type, options })));

describe('the statistics of a norm', () => {
  it('are tried of every type that declares some', () => {
    const declaring = normalizationTypes.filter((type) => (norms[type] as Norm).state);
    expect([...new Set(stateful.map(({ type }) => type))]).to.deep.equal(declaring);
  });

  it('move in training, and those of some norm in the backward pass', () => {
    const moved = stateful.map(({ type, options }) => {
      const [start, forward, whole] = [
        after(type, options, () => {}),
        after(type, options, (all) => pass(() => scalar(all), 0)),
        after(type, options, (all) => pass(() => scalar(all), 1)),
      ];
      const isConstant = 'alwaysInference' in (norms[type] as Norm).invariants;
      expect(JSON.stringify(forward) !== JSON.stringify(start), type).to.equal(!isConstant);
      return JSON.stringify(whole) !== JSON.stringify(forward);
    });
    expect(moved).to.include(true);
    expect(moved).to.include(false);
  });

  for (const { type, options } of stateful) {
    describe(`${type} ${JSON.stringify(options)}`, () => {
      it('are those that its definition returns, first from the forward pass, then from the backward pass', () => {
        const all = trained(type, options);
        const { layer, x, inputs, seeds } = all;
        const before = layer.stateDict();
        const names = [...layer.namedParameters().keys()];
        const state = Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name)));
        const apply = rule(
          layer.definition,
          names,
          layer.options,
          { training: true, state },
          Object.keys(inputs),
        );
        const given = [x, ...layer.parameters(), ...Object.values(inputs)].map(({ value }) => value);
        const result = apply(given);
        const moved = { ...state, ...result.state };
        const last = result.backwardState?.(
          seeds.map(({ value }) => value),
          moved,
        );
        pass(() => scalar(all), 1);
        expect(stateOf(all)).to.deep.equal(bits({ ...before, ...result.parameters, ...moved, ...last }));
      });

      for (const [words, way] of Object.entries(WAYS)) {
        it(`are the same to the bit after ${words}`, () => {
          for (const backward of [0, 1])
            expect(
              after(type, options, (all) => way(all, backward)),
              `${backward}`,
            ).to.deep.equal(after(type, options, (all) => pass(() => scalar(all), backward)));
        });
      }

      it('move without a tape as in a forward pass alone', () => {
        const forward = after(type, options, (all) => pass(() => scalar(all), 0));
        for (const f of [scalar, (all: Trained) => checkpoint(() => scalar(all))])
          expect(after(type, options, (all) => void noGrad(() => f(all)))).to.deep.equal(forward);
      });

      it('move once more with every call', () => {
        const sequence = (wrap: (f: () => Tensor) => Tensor) =>
          after(type, options, (all) => {
            const { pullback } = vjp(() =>
              add(
                wrap(() => scalar(all)),
                wrap(() => scalar({ ...all, x: mul(all.x, 2) })),
              ),
            );
            pullback();
          });
        expect(sequence(checkpoint)).to.deep.equal(sequence((f) => f()));
      });

      it('stay at inference and in a frozen layer, with weights that a call would set', () => {
        for (const still of [({ layer }: Trained) => layer.eval(), ({ layer }: Trained) => layer.freeze()]) {
          const all = trained(type, options);
          still(all);
          const before = stateOf(all);
          for (const way of Object.values(WAYS)) way(all, 1);
          expect(stateOf(all)).to.deep.equal(before);
        }
      });

      it('stay if an input or a gradient is refused', () => {
        const all = trained(type, options);
        const { layer, x, inputs, seeds } = all;
        const untouched = stateOf(all);
        const [batch, ...rest] = x.shape;
        const wider = [batch!, ...rest.slice(0, -1), rest.at(-1)! + 1];
        const bad: readonly (() => unknown)[] = [
          () => layer.forward(x.value as never, inputs),
          () => layer.forward(x.cast('float32'), inputs),
          () => layer.forward(new Tensor(draw(wider, () => 1, 'float64')), inputs),
          () => layer.forward(new Tensor(draw([0, ...rest], () => 1, 'float64')), inputs),
          () => layer.forward(x, { ...inputs, other: x } as never),
          ...(layer.definition.mask
            ? [() => layer.forward(x, { ...inputs, mask: [[[[true]]]] } as never)]
            : []),
        ];
        const refused = (f: () => unknown) => {
          expect(f).to.throw(NormtapeError);
          expect(stateOf(all)).to.deep.equal(untouched);
          expect(layer.builtFor!.shape).to.deep.equal(x.shape);
        };
        for (const f of bad) refused(f);

        const { pullback } = vjp(() => outputsOf(all));
        const forward = stateOf(all);
        const short = seeds.map(({ shape }) => new Tensor(draw([...shape, 2], () => 1, 'float64')));
        expect(() => pullback(short)).to.throw(NormtapeError);
        expect(stateOf(all)).to.deep.equal(forward);
        pullback(seeds);
        expect(stateOf(all)).to.deep.equal(after(type, options, (own) => pass(() => scalar(own), 1)));
      });
    });
  }
});
