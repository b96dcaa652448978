import { expect } from 'chai';
import {
  type NormalizationConfig,
  type NormalizationLayer,
  type Tensor,
  add,
  arange,
  createNormalizationFromConfig,
  createNormalizationLayer,
  getNormalizationInfo,
  max,
  min,
  mul,
  normalizationTypes,
  norms,
  ones,
  randomNormal,
  reshape,
  shapePreservingTypes,
  sqrt,
  square,
  sum,
  tensor,
  transpose,
  vjp,
} from 'normtape';
import { besideX, expectNear, float64, laidFor, numbers, refusal } from './support.js';

type Dtype = 'float32' | 'float64';
const ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 } as const;

const create = (type: (typeof normalizationTypes)[number], options: object = {}): NormalizationLayer =>
  createNormalizationFromConfig({ ...options, type } as NormalizationConfig) as NormalizationLayer;

/** Whether an output depends on other samples of its batch. */
const isOfBatch = (type: (typeof normalizationTypes)[number]): boolean =>
  (norms[type].traits as { readonly couples: string }).couples === 'batch';

/** Outputs, and the gradients of the input and of all weights, for random incoming gradients. */
function through(layer: NormalizationLayer, x: Tensor) {
  const inputs = besideX(layer, x);
  const { value, pullback } = vjp(() => [layer.forward(x, inputs)].flat() as readonly Tensor[]);
  const seeds = value.map(({ shape, dtype }, i) => randomNormal(shape, { seed: 10 + i, dtype }));
  const gradients = pullback(seeds);
  return { outputs: value, dx: gradients.of(x)!, all: [...gradients].map(([, gradient]) => gradient) };
}

const finite = (x: Tensor): boolean => numbers(x).every(Number.isFinite);

/** layer_norm of a row, without gain and shift, in float64 by its definition. */
function centered(row: readonly number[], epsilon: number): readonly number[] {
  const mean = row.reduce((total, v) => total + v, 0) / row.length;
  const variance = row.reduce((total, v) => total + (v - mean) ** 2, 0) / row.length;
  return row.map((v) => (v - mean) / Math.sqrt(variance + epsilon));
}

describe('contract: numbers', () => {
  it('are right with an offset of 1e4, 1e5 and 1e6 in float32, for every norm that centers', () => {
    for (const offset of [1e4, 1e5, 1e6]) {
      const x = add(randomNormal([8, 64], { seed: 1 }), offset);
      const rows = x.toArray() as number[][];
      for (const type of ['layer_norm', 'zero_centered_rms_norm'] as const)
        expectNear(
          create(type).forward(x) as Tensor,
          rows.flatMap((row) => centered(row, 1e-6)),
          2e-6,
        );
      const columns = transpose(x).toArray() as number[][];
      const expected = columns.map((column) => centered(column, 1e-6));
      const y = create('batch_norm').forward(x) as Tensor;
      expectNear(
        y,
        rows.flatMap((row, r) => row.map((_, c) => expected[c]![r]!)),
        2e-6,
      );
    }
    // 40000 to 40003: one-pass variances return NaN for these.
    expectNear(
      createNormalizationLayer('layer_norm').forward(tensor([40000, 40001, 40002, 40003])),
      centered([0, 1, 2, 3], 1e-6),
      1e-6,
    );
  });

  it('are finite, with finite gradients, if the exact result is, at any magnitude and in either dtype', () => {
    const sizes: Readonly<Record<Dtype, readonly number[]>> = {
      float32: [1e-40, 1e-30, 1e-20, 1, 1e10, 1e19, 1e30, 3e37],
      float64: [1e-310, 1e-200, 1e-150, 1, 1e100, 1e160, 1e200, 1e300],
    };
    for (const dtype of ['float32', 'float64'] as const) {
      const row = tensor(
        [
          [1, -2, 0.5, 3],
          [-1, 0.25, 2, -0.75],
        ],
        { dtype },
      );
      for (const size of sizes[dtype]) {
        const x = mul(row, size);
        for (const type of normalizationTypes) {
          // The response multiplies x by its share, at most doubling x, and squares stay within float64.
          const { outputs, dx } = through(create(type), laidFor(type, x));
          expect(outputs.every(finite), `${type} at ${size} in ${dtype}`).to.equal(true);
          expect(finite(dx), `gradient of ${type} at ${size} in ${dtype}`).to.equal(true);
        }
      }
      const large = numbers(create('rms_norm').forward(mul(row, sizes[dtype].at(-1)!)) as Tensor);
      const exact = numbers(create('rms_norm', { epsilon: 1e-30 }).forward(row.cast('float64')) as Tensor);
      large.forEach((v, i) => expect(v).to.be.closeTo(exact[i]!, 8 * ROUNDOFF[dtype] * 2));
    }
  });

  it('are exactly zero for zero rows and, with centering, for constant rows; with finite gradients', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const zeros = tensor(
        [
          [0, 0, 0],
          [1, 2, 4],
        ],
        { dtype },
      );
      for (const type of shapePreservingTypes) {
        const { outputs, all } = through(create(type), laidFor(type, zeros));
        // A softmax of a zero row is the same everywhere, and not 0.
        const sumsToOne = 'sumsToOne' in norms[type].invariants;
        if (!isOfBatch(type) && !sumsToOne)
          expect(numbers(outputs[0]!).slice(0, 3).map(Math.abs)).to.deep.equal([0, 0, 0]);
        for (const gradient of all) expect(finite(gradient), type).to.equal(true);
      }
      for (const type of ['decoupled_max_logit', 'dml_plus_focal', 'dml_plus_center'] as const) {
        const { outputs, all } = through(create(type), laidFor(type, zeros));
        for (const y of [...outputs, ...all]) expect(finite(y), type).to.equal(true);
      }
      for (const constant of [5, 1e3, 12345.678, 1e7, -3e4, 1e-20, 3.3e37]) {
        const row = tensor([Array<number>(33).fill(constant)], { dtype });
        for (const type of ['layer_norm', 'zero_centered_rms_norm'] as const) {
          const { outputs, all } = through(create(type), row);
          expect(new Set(numbers(outputs[0]!).map(Math.abs)), `${type} of ${constant}`).to.deep.equal(
            new Set([0]),
          );
          for (const gradient of all) expect(finite(gradient)).to.equal(true);
        }
        const batch = reshape(row, [33, 1]);
        expect(new Set(numbers(create('batch_norm').forward(batch) as Tensor).map(Math.abs))).to.deep.equal(
          new Set([0]),
        );
      }
    }
  });

  it('have no NaN gradient if a length is 0', () => {
    const x = float64([[0, 0]]);
    expectNear(
      vjp(() => sqrt(sum(square(x))))
        .pullback(float64(0))
        .of(x),
      [0, 0],
    );
    for (const [type, slope] of [
      ['max_logit_norm', 1e3],
      ['rms_norm', 1e3],
      ['logit_norm', 25e3],
    ] as const)
      expectNear(
        vjp(() => create(type).forward(x) as Tensor)
          .pullback(float64([[1, -2]]))
          .of(x),
        [slope, -2 * slope],
        1e-9,
      );
  });

  it('are exact along axes of size 1', () => {
    const x = float64([[3], [-5], [0]]);
    const run = (type: (typeof shapePreservingTypes)[number], options?: object) =>
      numbers(create(type, options).forward(x) as Tensor).map((v) => v || 0);
    expect(run('layer_norm')).to.deep.equal([0, 0, 0]);
    expect(run('zero_centered_rms_norm')).to.deep.equal([0, 0, 0]);
    expectNear(
      float64(run('rms_norm')),
      [3, -5, 0].map((v) => v / Math.sqrt(v * v + 1e-6)),
      1e-15,
    );
    expectNear(
      float64(run('band_rms')),
      [3, -5, 0].map((v) => (0.95 * v) / Math.sqrt(v * v + 1e-6)),
      1e-15,
    );
    expectNear(float64(run('logit_norm')), [25, -25, 0], 1e-15);
    const one = createNormalizationLayer('batch_norm', { betaInitializer: 'ones' });
    expect(one.forward(float64([[7, -7]])).toArray()).to.deep.equal([[1, 1]]);
  });

  it('do not spread a NaN or an infinity beyond its group', () => {
    const rest = [
      [0.5, 2, -1],
      [1, -1, 3],
    ];
    for (const stray of [NaN, Infinity, -Infinity]) {
      for (const type of normalizationTypes) {
        if (isOfBatch(type)) continue;
        const layer = create(type);
        const clean = through(layer, laidFor(type, float64([[0.25, 1, -2], ...rest])));
        const dirty = through(layer, laidFor(type, float64([[0.25, stray, -2], ...rest])));
        dirty.outputs.forEach((y, i) => {
          const half = y.size / 3;
          expect(numbers(y).slice(half), type).to.deep.equal(numbers(clean.outputs[i]!).slice(half));
        });
        expect(numbers(dirty.dx).slice(3), type).to.deep.equal(numbers(clean.dx).slice(3));
      }
      for (const type of [
        'batch_norm',
        'batch_renorm',
        'bias_free_batch_norm',
        'ghost_batch_norm',
      ] as const) {
        const columns = through(
          create(type),
          float64([
            [1, stray],
            [2, 5],
            [4, -1],
          ]),
        );
        const clean = through(
          create(type),
          float64([
            [1, 3],
            [2, 5],
            [4, -1],
          ]),
        );
        for (const part of ['dx', 'outputs'] as const) {
          const [found, expected] = [columns, clean].map((run) => numbers([run[part]].flat()[0]!));
          for (const i of [0, 2, 4]) expect(found![i], type).to.equal(expected![i]);
        }
      }
    }
  });

  it('stay float64 from end to end', () => {
    const third = 1 / 3;
    for (const type of normalizationTypes) {
      // Of one sample and two positions: no norm has but one number in a group.
      const x = float64([
        [
          [third, 1, 2],
          [0.1, -third, 5],
        ],
      ]);
      const { outputs, all } = through(create(type), laidFor(type, x));
      for (const y of [...outputs, ...all])
        expect([y.dtype, y.value.dtype]).to.deep.equal(['float64', 'float64']);
      const narrow = through(create(type), laidFor(type, x.cast('float32')));
      for (const y of [...narrow.outputs, ...narrow.all]) expect(y.dtype).to.equal('float32');
      const rounded = outputs.flatMap(numbers).filter((v) => v !== Math.fround(v));
      expect(rounded.length, type).to.be.above(0);
    }
    expectNear(
      createNormalizationLayer('rms_norm').forward(float64([third])),
      [third / Math.sqrt(third ** 2 + 1e-6)],
      1e-15,
    );
  });

  it('do not change the input, and are equal for views of any stride', () => {
    const x = transpose(randomNormal([4, 3], { seed: 5, dtype: 'float64' }));
    const copy = float64(x.toArray());
    for (const type of normalizationTypes) {
      const [viewed, copied] = [
        through(create(type), laidFor(type, x)),
        through(create(type), laidFor(type, copy)),
      ];
      expect(numbers(x)).to.deep.equal(numbers(copy));
      expect(viewed.outputs.map(numbers)).to.deep.equal(copied.outputs.map(numbers));
      expect(numbers(viewed.dx)).to.deep.equal(numbers(copied.dx));
    }
  });

  it('are the same bits for the same seed', () => {
    const run = () => {
      const layer = create('layer_norm', { gammaInitializer: { type: 'random_normal', seed: 3 } });
      return through(layer, randomNormal([5, 7], { seed: 1 })).all.map(numbers);
    };
    expect(run()).to.deep.equal(run());
  });

  it('split the gradient of a maximum evenly among ties', () => {
    const x = float64([2, 1, 2]);
    expectNear(
      vjp(() => max(x))
        .pullback()
        .of(x),
      [0.5, 0, 0.5],
    );
    expectNear(
      vjp(() => min(mul(x, -1)))
        .pullback()
        .of(x),
      [-0.5, 0, -0.5],
    );
    const focal = createNormalizationLayer('dml_plus_focal');
    const [a, b] = numbers(vjp(() => focal.forward(float64([1, 1]))).value);
    expect(b).to.equal(undefined);
    expect(a).to.be.closeTo(Math.SQRT1_2, 1e-6);
  });
});

describe('requests of users of other libraries', () => {
  it('any axis: channels first as well as last', () => {
    const x = reshape(arange(24, { dtype: 'float64' }), [2, 3, 4]);
    const last = createNormalizationLayer('layer_norm').forward(transpose(x, [0, 2, 1]));
    const first = createNormalizationLayer('layer_norm', { axis: 1 }).forward(x);
    expectNear(transpose(first, [0, 2, 1]), numbers(last), 1e-14);
    for (const type of ['rms_norm', 'layer_norm', 'band_rms', 'dynamic_tanh', 'logit_norm'] as const)
      for (const axis of [0, 1, 2, [0, 2], [1, 0], [0, 1, 2]]) create(type, { axis }).forward(x);
  });

  it('a mask, so that padding does not enter the statistics', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const padded = float64([
      [[1], [3]],
      [[5], [0]],
    ]);
    layer.forward(padded, {
      mask: [
        [true, true],
        [true, false],
      ],
    });
    expectNear(tensor(layer.stateDict()['moving_mean']!), [3], 1e-6);
    expect(() =>
      layer.forward(padded, {
        mask: [
          [false, false],
          [false, false],
        ],
      }),
    ).not.to.throw();
  });

  it('a documented meaning of momentum, and a convention for the running variance', () => {
    const { options, notes } = getNormalizationInfo().batch_norm;
    expect(options['momentum']!.about).to.match(/share of a running statistic that each step keeps/);
    expect(notes.join(' ')).to.include('0.99 here is 0.01 in PyTorch').and.to.include('biased variance');
  });

  it('an error if epsilon is not above 0', () => {
    for (const epsilon of [0, -1e-6])
      expect(refusal(() => create('layer_norm', { epsilon }))).to.include('above 0');
  });

  it('β, not noise, for a batch of one', () => {
    const layer = createNormalizationLayer('batch_norm');
    expect(layer.forward(ones([1, 3])).toArray()).to.deep.equal([[0, 0, 0]]);
  });

  it('layers without gain or shift that train', () => {
    const x = randomNormal([4, 3], { seed: 1 });
    for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }])
      for (const type of ['batch_norm', 'layer_norm'] as const)
        for (const gradient of through(create(type, options), x).all) expect(finite(gradient)).to.equal(true);
  });
});
