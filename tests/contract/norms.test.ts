import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  type Norm,
  type NormalizationConfig,
  type NormalizationConfigOf,
  type NormalizationLayer,
  type NormalizationOptions,
  type NormalizationType,
  type ShapePreservingType,
  type Tensor,
  array,
  checkNormalizationConfig,
  chooseNormalization,
  createNormalizationFromConfig,
  createNormalizationLayer,
  defineNormalizations,
  getNormalizationInfo,
  laws,
  norm,
  normalization,
  normalizationTypes,
  norms,
  ones,
  option,
  randomNormal,
  shapePreservingTypes,
  tensor,
  validateNormalizationConfig,
} from 'normtape';
import { besideX, expectNear, float64, laidFor, numbers, refusal, shapeFor } from './support.js';

const types: readonly NormalizationType[] = normalizationTypes;

/** The types of the guide, and later ones. */
const TYPES = [
  'layer_norm',
  'batch_norm',
  'rms_norm',
  'zero_centered_rms_norm',
  'band_rms',
  'adaptive_band_rms',
  'band_logit_norm',
  'global_response_norm',
  'logit_norm',
  'max_logit_norm',
  'decoupled_max_logit',
  'dml_plus_focal',
  'dml_plus_center',
  'dynamic_tanh',
  'group_norm',
] as const;

/** The types that divide, and so have an ε. */
const dividing = types.filter((type) => 'epsilon' in norms[type].options);

/** A layer of a type in a variable, with options as in JSON. */
const create = (type: NormalizationType, options: object = {}): NormalizationLayer =>
  createNormalizationFromConfig({ ...options, type } as NormalizationConfig) as NormalizationLayer;

const outputs = (layer: NormalizationLayer, x: Tensor): readonly Tensor[] =>
  [layer.forward(x, besideX(layer, x))].flat();

const everyDoor = (type: string, options: object): readonly (() => unknown)[] => [
  () => createNormalizationLayer(type as 'rms_norm', options),
  () => createNormalizationFromConfig({ ...options, type } as NormalizationConfig),
  () => normalization(norms[type as 'rms_norm'], options),
  () => validateNormalizationConfig(type, options),
];

/** All entry points accept the options, and check finds no mistakes. */
function accepted(type: string, options: object): void {
  for (const door of everyDoor(type, options)) door();
  expect(checkNormalizationConfig(type, options)).to.deep.equal([]);
}

/** All entry points reject the options, with the same message. */
function refused(type: string, options: object): string {
  const [message, ...others] = everyDoor(type, options).map(refusal);
  for (const other of others) expect(other).to.equal(message);
  expect(checkNormalizationConfig(type, options).length).to.be.above(0);
  return message!;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('contract: norms', () => {
  it('are these fifteen at least, of which twelve keep the shape of their input', () => {
    expect(types).to.include.members([...TYPES]);
    expect(Object.keys(norms)).to.have.members([...types]);
    // Those with further outputs, or with inputs besides x.
    const changing: readonly string[] = [
      ...[
        'decoupled_max_logit',
        'dml_plus_focal',
        'dml_plus_center',
        'gated_rms_norm',
        'modulated_norm',
        'qk_norm',
        'rev_in',
      ],
    ];
    expect(shapePreservingTypes).to.have.members(types.filter((type) => !changing.includes(type)));
    const x = randomNormal([2, 3, 4], { seed: 1 });
    for (const type of shapePreservingTypes)
      expect(create(type).forward(x)).to.have.deep.property('shape', [2, 3, 4]);
  });

  it('can be made by type, config or definition, with one, two or three outputs', () => {
    const x = randomNormal([2, 3], { seed: 1 });
    const one: Tensor = createNormalizationLayer('rms_norm').forward(x);
    const same: Tensor = normalization(norms.rms_norm).forward(x);
    expect(numbers(one)).to.deep.equal(numbers(same));
    const [combined, maxCosine, maxNorm] = createNormalizationLayer('decoupled_max_logit').forward(x);
    expect([combined, maxCosine, maxNorm].map(({ shape }) => shape)).to.deep.equal([[2], [2], [2]]);
    const focal: Tensor = createNormalizationLayer('dml_plus_focal').forward(x);
    expect(focal.shape).to.deep.equal([2]);
    const [length, kept] = createNormalizationLayer('dml_plus_center', { axis: 0 }).forward(x);
    expect([length.shape, kept.shape]).to.deep.equal([[3], [1, 3]]);
    const config: NormalizationConfigOf<'rms_norm'> = { type: 'rms_norm', use_scale: false };
    const options: NormalizationOptions<'rms_norm'> = { useScale: false };
    expectNear(
      createNormalizationFromConfig(config).forward(x) as Tensor,
      numbers(createNormalizationLayer('rms_norm', options).forward(x)),
    );
    const pick = <T extends ShapePreservingType>(type: T): Tensor =>
      createNormalizationLayer(type).forward(x);
    expect(pick('layer_norm').shape).to.deep.equal([2, 3]);
  });

  it('have defaults, names and resolved options', () => {
    for (const type of types) {
      const layer = create(type);
      expect([layer.type, layer.name, layer.built]).to.deep.equal([type, type, false]);
      expect(create(type, { name: 'mine' }).name).to.equal('mine');
      if (!dividing.includes(type)) expect(layer.options).not.to.have.property('epsilon');
      // Keras fixes that of UnitNormalization.
      else expect(layer.options).to.have.property('epsilon', type === 'unit_norm' ? 1e-12 : 1e-6);
    }
    const { options } = createNormalizationLayer('batch_norm', { momentum: 0.5 });
    expect(options).to.include({ axis: -1, momentum: 0.5, center: true, scale: true, epsilon: 1e-6 });
    expect(createNormalizationLayer('band_rms').options.maxBandWidth).to.equal(0.1);
    expect(createNormalizationLayer('band_logit_norm').options.maxBandWidth).to.equal(0.01);
    expect(createNormalizationLayer('logit_norm').options.temperature).to.equal(0.04);
    expect(createNormalizationLayer('decoupled_max_logit').options.constant).to.equal(1);
    expect(createNormalizationLayer('dynamic_tanh').options.alphaInitValue).to.equal(0.5);
  });

  it('accept every option in either spelling at every entry point, but not in both at once', () => {
    const info: Readonly<Record<string, { options: Readonly<Record<string, { default: unknown }>> }>> =
      getNormalizationInfo();
    for (const type of types) {
      for (const [name, { default: value }] of Object.entries(info[type]!.options)) {
        accepted(type, { [name]: value });
        accepted(type, { [snake(name)]: value });
        if (snake(name) !== name) {
          const message = refused(type, { [name]: value, [snake(name)]: value });
          expect(message).to.include(name).and.to.include(snake(name));
        }
      }
    }
    // An undefined value counts as omitted.
    accepted('rms_norm', { useScale: undefined, use_scale: true });
  });

  it('accept eps for epsilon, but not both; getConfig and options say epsilon, info lists the alias', () => {
    for (const type of dividing) {
      const layer = create(type, { eps: 1e-3 });
      expect(layer.options).to.have.property('epsilon', 1e-3);
      expect(layer.getConfig()).to.have.property('epsilon', 1e-3).and.not.to.have.property('eps');
      refused(type, { eps: 1e-3, epsilon: 1e-3 });
      for (const epsilon of [0, -1, NaN, Infinity, '1e-6', true, null]) refused(type, { epsilon });
      expect(getNormalizationInfo()[type].options)
        .to.have.nested.property('epsilon.aliases')
        .that.includes('eps');
    }
    const y = createNormalizationLayer('global_response_norm', { eps: 1e-6, gammaInitializer: 'ones' });
    expect(y.options.epsilon).to.equal(1e-6);
  });

  it('dynamic_tanh ignores an epsilon when it is made, and rejects it when it is checked', () => {
    const x = randomNormal([2, 3], { seed: 1 });
    const plain = numbers(createNormalizationLayer('dynamic_tanh').forward(x));
    for (const given of [
      { epsilon: 1e-6 },
      { eps: 1 },
      { epsilon: -1 },
      { epsilon: 'no' },
      { epsilon: null },
    ]) {
      const made = [
        createNormalizationLayer('dynamic_tanh', given as { epsilon: number }),
        create('dynamic_tanh', given),
        normalization(norms.dynamic_tanh, given as { epsilon: number }),
      ];
      for (const layer of made) {
        expect(numbers(outputs(layer as NormalizationLayer, x)[0]!)).to.deep.equal(plain);
        expect(layer.getConfig()).not.to.have.property('epsilon');
      }
      expect(refusal(() => validateNormalizationConfig('dynamic_tanh', given))).to.include('no epsilon');
      expect(checkNormalizationConfig('dynamic_tanh', given).length).to.equal(1);
    }
    const oneCall = (type: ShapePreservingType) => createNormalizationLayer(type, { epsilon: 1e-6 });
    for (const type of shapePreservingTypes) oneCall(type);
  });

  it('check the bounds of numbers, and do not accept booleans as numbers', () => {
    for (const momentum of [0, 0.5, 1]) accepted('batch_norm', { momentum });
    for (const momentum of [-0.1, 1.1, NaN, Infinity, true, '0.9', [0.9]])
      refused('batch_norm', { momentum });
    accepted('batch_norm', { momentum: null });
    refused('batch_renorm', { momentum: null });
    for (const type of ['band_rms', 'adaptive_band_rms', 'band_logit_norm'])
      for (const maxBandWidth of [0, 1, -0.1, 1.5, NaN, true]) refused(type, { maxBandWidth });
    for (const temperature of [0, -1, Infinity, false]) refused('logit_norm', { temperature });
    for (const constant of [0, -1, NaN]) refused('decoupled_max_logit', { constant });
    for (const alphaInitValue of [0, -0.5, true]) refused('dynamic_tanh', { alphaInitValue });
    for (const scale of [1, 0, 'true', null]) refused('layer_norm', { scale });
    for (const name of [3, null, ['a']]) refused('layer_norm', { name });
  });

  it('accept one integer axis, or a list if the norm supports one', () => {
    const kindOf = (type: NormalizationType) => (norms[type] as Norm).options['axis']?.kind;
    const single = types.filter((type) => kindOf(type) === 'axis');
    expect(single).to.include.members(['batch_norm', 'group_norm', 'band_logit_norm', 'dml_plus_focal']);
    for (const type of types.filter((type) => kindOf(type) !== undefined)) {
      accepted(type, { axis: 1 });
      for (const axis of [1.5, '1', true, null, [1.5], ['1'], {}]) refused(type, { axis });
      const { empty = false } = (norms[type] as Norm).options['axis'] as { readonly empty?: boolean };
      if (!empty) refused(type, { axis: [] });
      if (kindOf(type) === 'axis') refused(type, { axis: [1] });
      else accepted(type, { axis: [-1, 1] });
    }
    const hole = [0, 1];
    delete hole[0];
    refused('rms_norm', { axis: hole });
    refused('global_response_norm', { axis: 1 });
    for (const axis of [5, -4, [0, 0], [1, -2]])
      refusal(() => create('rms_norm', { axis }).forward(ones([2, 3, 4])));
  });

  it('reject options that are not supported, like unknown ones', () => {
    for (const key of [
      'renorm',
      'renorm_momentum',
      'synchronized',
      'dtype',
      'trainable',
      'activity_regularizer',
    ])
      refused('batch_norm', { [key]: true });
    refused('layer_norm', { rms_scaling: true });
    refused('dml_plus_focal', { modelType: 'focal' });
    expect(refused('rms_norm', { use_scal: true })).to.include('Did you mean useScale?');
    expect(refused('layer_norm', { momentum: 0.9 })).to.include('momentum');
    for (const key of ['__proto__', 'constructor', 'toString'])
      refused('rms_norm', JSON.parse(`{ "${key}": 1 }`) as object);
  });

  it('accept initializers, regularizers and constraints as names or JSON objects, in either spelling', () => {
    const x = float64([[3, 4]]);
    const constant = { type: 'constant', value: 2 } as const;
    const layer = createNormalizationLayer('rms_norm', { scaleInitializer: constant, epsilon: 1e-30 });
    const [a, b] = numbers(layer.forward(x)) as [number, number];
    expect([a, b].map((v) => v.toFixed(6))).to.deep.equal(
      [3, 4].map((v) => ((2 * v) / Math.sqrt(12.5)).toFixed(6)),
    );
    accepted('layer_norm', {
      gamma_constraint: { type: 'max_norm', max_value: 2 },
      betaRegularizer: 'l1_l2',
    });
    accepted('layer_norm', { gammaConstraint: { type: 'max_norm', maxValue: 2 } });
    for (const name of ['zeros', 'ones', 'glorot_uniform', 'he_normal', 'truncated_normal', 'random_uniform'])
      accepted('layer_norm', { gammaInitializer: name });
    for (const gammaInitializer of [
      'one',
      null,
      3,
      () => 1,
      {},
      { type: 'one' },
      { type: 'constant', val: 2 },
      { type: 'constant', value: '2' },
      { class_name: 'Constant' },
    ])
      refused('layer_norm', { gammaInitializer });
    refused('layer_norm', { gammaConstraint: { type: 'max_norm', maxValue: 2, max_value: 2 } });
    refused('layer_norm', { gammaConstraint: { type: 'min_value', minValue: 3, maxValue: 2 } });
  });

  it("switch a default regularizer off with 'none'", () => {
    const cost = (options: object) => {
      const layer = create('band_rms', { ...options, bandInitializer: 'ones' });
      layer.build([2, 3], { dtype: 'float64' });
      return layer.penalty().item();
    };
    expect(cost({})).to.equal(1e-5);
    expect(cost({ bandRegularizer: 'none' })).to.equal(0);
    expect(cost({ band_regularizer: { type: 'l2', l2: 0.5 } })).to.equal(0.5);
    expect(create('band_rms', { bandRegularizer: 'none' }).getConfig()).to.have.property(
      'bandRegularizer',
      'none',
    );
  });

  it('return a config for JSON, in camelCase, that makes an equal layer', () => {
    const x = randomNormal([2, 3, 4], { seed: 1 });
    const info: Readonly<Record<string, { options: object }>> = getNormalizationInfo();
    const chosen: Readonly<Record<string, unknown>> = {
      axis: 1,
      timeAxis: 2,
      epsilon: 0.01,
      momentum: 0.3,
      maxBandWidth: 0.25,
      temperature: 0.5,
      constant: 3,
      alphaInitValue: 0.75,
      center: false,
      useScale: false,
      useBeta: false,
      gammaInitializer: { type: 'constant', value: 0.5 },
      scaleInitializer: { type: 'random_normal', stddev: 0.1, seed: 3 },
      bandInitializer: { type: 'random_uniform', minval: -1, seed: 4 },
      kernelInitializer: { type: 'truncated_normal', seed: 5 },
      gammaRegularizer: { type: 'l2', l2: 0.25 },
      bandRegularizer: 'l1',
      gammaConstraint: { type: 'max_norm', maxValue: 2, axis: 0 },
      kernelConstraint: 'non_neg',
    };
    for (const type of types) {
      const options = Object.fromEntries(
        Object.keys(info[type]!.options).flatMap((name) => (name in chosen ? [[name, chosen[name]]] : [])),
      );
      for (const layer of [create(type), create(type, { ...options, name: 'chosen' })]) {
        const before = layer.getConfig();
        const input = laidFor(type, x);
        const first = outputs(layer, input).map(numbers);
        expect(layer.getConfig()).to.deep.equal(before); // Building does not change it.
        const config = JSON.parse(JSON.stringify(before)) as NormalizationConfig;
        expect(config).to.deep.equal(before);
        expect(Object.keys(config).every((key) => key === 'type' || !key.includes('_'))).to.equal(true);
        const again = createNormalizationFromConfig(config) as NormalizationLayer;
        expect(again.options).to.deep.equal(layer.options);
        expect([again.type, again.name]).to.deep.equal([layer.type, layer.name]);
        expect(outputs(again, input).map(numbers)).to.deep.equal(first);
        again.loadStateDict(layer.stateDict());
        expect(again.penalty().item()).to.equal(layer.penalty().item());
      }
    }
  });

  it('do not change the config that they were made from', () => {
    const config = Object.freeze({ type: 'rms_norm', axis: Object.freeze([-1, 0]), eps: 1e-3 } as const);
    const layer = createNormalizationFromConfig(config);
    layer.build([2, 3]);
    expect(config).to.deep.equal({ type: 'rms_norm', axis: [-1, 0], eps: 1e-3 });
    expect((layer.getConfig() as { axis: unknown }).axis).to.deep.equal([-1, 0]);
  });

  it('reject configs of every wrong kind', () => {
    class Config {
      readonly type = 'rms_norm';
    }
    for (const config of [
      undefined,
      null,
      3,
      'rms_norm',
      ['rms_norm'],
      new Map([['type', 'rms_norm']]),
      new Config(),
      Object.create({ type: 'rms_norm' }),
      new Date(),
      () => 'rms_norm',
      {},
      { type: null },
      { type: 3 },
      { type: ['rms_norm'] },
      { type: 'RMS_NORM' },
      { type: ' rms_norm' },
      { type: 'toString' },
      { normalization_type: 'rms_norm' },
    ])
      refusal(() => createNormalizationFromConfig(config as never));
    for (const options of [null, 3, 'a', [], new Map(), new Config(), () => ({})]) {
      refusal(() => createNormalizationLayer('rms_norm', options as never));
      refusal(() => normalization(norms.rms_norm, options as never));
      refusal(() => validateNormalizationConfig('rms_norm', options as never));
      expect(checkNormalizationConfig('rms_norm', options as never).length).to.equal(1);
    }
    expect(refusal(() => createNormalizationLayer('rmsnorm' as never))).to.include('Did you mean rms_norm?');
    for (const definition of ['rms_norm', undefined, {}]) refusal(() => normalization(definition as never));
  });

  it('accept objects without a prototype, as other programs make them', () => {
    const bare = Object.assign(Object.create(null) as object, { epsilon: 1e-3 });
    accepted('rms_norm', bare);
    const config = Object.assign(Object.create(null) as object, { type: 'rms_norm', useScale: false });
    expect(createNormalizationFromConfig(config as NormalizationConfig).options).to.include({
      useScale: false,
    });
    const initializer = Object.assign(Object.create(null) as object, { type: 'constant', value: 3 });
    accepted('rms_norm', { scaleInitializer: initializer });
  });

  it('validate returns true or throws the first mistake; check lists all mistakes; neither builds a layer', () => {
    expect(validateNormalizationConfig('rms_norm')).to.equal(true);
    expect(validateNormalizationConfig('layer_norm', { axis: [0, 1], name: 'x' })).to.equal(true);
    expect(checkNormalizationConfig('layer_norm')).to.deep.equal([]);
    const wrong = {
      momentum: 2,
      epsilon: 0,
      axis: [1],
      center: 1,
      gamma_initializer: 'one',
      betaRegularizer: { type: 'l2', l2: -1 },
      foo: 1,
    };
    const mistakes = checkNormalizationConfig('batch_norm', wrong);
    expect(mistakes.map(({ where }) => where)).to.deep.equal([
      'batch_norm.momentum',
      'batch_norm.epsilon',
      'batch_norm.axis',
      'batch_norm.center',
      'batch_norm.gammaInitializer',
      'batch_norm.betaRegularizer.l2',
      'batch_norm',
    ]);
    for (const mistake of mistakes) expect(mistake).to.include.keys('where', 'expected', 'received');
    expect(refusal(() => validateNormalizationConfig('batch_norm', wrong))).to.include(mistakes[0]!.expected);
    expect(checkNormalizationConfig('rmsnorm').map(({ hint }) => hint)).to.deep.equal([
      'Did you mean rms_norm?',
    ]);
    refusal(() => validateNormalizationConfig(undefined as never));
  });

  it('describe themselves as data', () => {
    const info = getNormalizationInfo();
    expect(Object.keys(info)).to.have.members([...types]);
    for (const type of types) {
      const one = info[type];
      for (const text of [one.description, one.useCase, one.formula])
        expect(text).to.be.a('string').and.not.empty;
      expect(one.parameters).to.deep.equal(Object.keys(one.options));
      for (const name of one.parameters) expect(name).to.match(/^[a-z][a-zA-Z]*$/);
      for (const option of Object.values(one.options)) {
        expect(option).to.have.all.keys('about', 'default', 'demand', 'aliases');
        expect(option.about).to.match(/\.$/);
      }
      expect(one.reference).to.include.keys('title', 'year', 'url');
      expect(one.laws.length).to.be.above(0);
      const layer = create(type);
      layer.build([2, 3, 4]);
      expect(Object.keys(one.weights)).to.deep.equal(Object.keys(layer.stateDict()));
      expect(JSON.parse(JSON.stringify(one))).to.deep.equal(one);
    }
    expect(info.batch_norm.parameters).to.include.members(['axis', 'epsilon', 'center', 'scale', 'momentum']);
    expect(info.dynamic_tanh.parameters).not.to.include('epsilon');
  });

  it('are chosen by speed, stability or balance', () => {
    for (const priority of ['speed', 'stability', 'balanced'] as const)
      expect(shapePreservingTypes).to.include(chooseNormalization(priority));
    for (const priority of ['fast', undefined, 'toString'])
      refusal(() => chooseNormalization(priority as never));
  });

  it('have named weights, with the sizes of their axes in ascending order', () => {
    const shapes = (type: NormalizationType, options: object, input: readonly number[]) => {
      const layer = create(type, options);
      layer.build(input);
      return Object.fromEntries(
        Object.entries(layer.stateDict()).map(([name, { shape }]) => [name, [...shape]]),
      );
    };
    const x = [2, 3, 4, 5];
    for (const axis of [
      [3, 1],
      [1, 3],
      [-1, -3],
      [-3, 3],
    ]) {
      expect(shapes('layer_norm', { axis }, x)).to.deep.equal({ gamma: [3, 5], beta: [3, 5] });
      expect(shapes('rms_norm', { axis }, x)).to.deep.equal({ scale: [3, 5] });
      expect(shapes('zero_centered_rms_norm', { axis }, x)).to.deep.equal({ scale: [3, 5] });
      expect(shapes('dynamic_tanh', { axis }, x)).to.deep.equal({ alpha: [], weight: [3, 5], bias: [3, 5] });
      expect(shapes('band_rms', { axis }, x)).to.deep.equal({ band_param: [] });
      expect(shapes('adaptive_band_rms', { axis }, x)).to.deep.equal({ kernel: [1, 15], bias: [15] });
      for (const type of ['logit_norm', 'max_logit_norm'] as const)
        expect(shapes(type, { axis }, x)).to.deep.equal({});
    }
    expect(shapes('adaptive_band_rms', { axis: [1, 2, 3] }, x)).to.deep.equal({ kernel: [1, 1], bias: [1] });
    const four = { gamma: [3], beta: [3], moving_mean: [3], moving_variance: [3] };
    expect(shapes('batch_norm', { axis: 1 }, x)).to.deep.equal(four);
    expect(shapes('band_logit_norm', {}, x)).to.deep.equal({ gamma: [1], beta: [1] });
    expect(shapes('band_logit_norm', { axis: 1 }, x)).to.deep.equal({ gamma: [5], beta: [5] });
    expect(shapes('group_norm', { groups: 5 }, x)).to.deep.equal({ gamma: [5], beta: [5] });
    expect(shapes('group_norm', { groups: 3, axis: 1 }, x)).to.deep.equal({ gamma: [3], beta: [3] });
    expect(shapes('global_response_norm', {}, x)).to.deep.equal({ gamma: [1, 1, 1, 5], beta: [1, 1, 1, 5] });
    for (const type of ['decoupled_max_logit', 'dml_plus_focal', 'dml_plus_center'] as const)
      expect(shapes(type, {}, x)).to.deep.equal({});
    expect(shapes('layer_norm', { center: false }, x)).to.deep.equal({ gamma: [5] });
    expect(shapes('layer_norm', { scale: false }, x)).to.deep.equal({ beta: [5] });
    expect(shapes('rms_norm', { useScale: false }, x)).to.deep.equal({});
  });

  it('apply their weights along their axes, in whatever order these are listed', () => {
    const x = randomNormal([2, 3, 3], { seed: 1, dtype: 'float64' });
    const scale = [1, 10, 100, 2, 20, 200, 3, 30, 300];
    const plain = numbers(createNormalizationLayer('rms_norm', { axis: [1, 2], useScale: false }).forward(x));
    for (const axis of [
      [1, 2],
      [2, 1],
      [-1, -2],
    ]) {
      const layer = createNormalizationLayer('rms_norm', { axis });
      layer.build([2, 3, 3], { dtype: 'float64' });
      layer.loadStateDict({ scale: [scale.slice(0, 3), scale.slice(3, 6), scale.slice(6)] });
      expectNear(
        layer.forward(x),
        plain.map((v, i) => v * scale[i % 9]!),
      );
    }
    const middle = createNormalizationLayer('rms_norm', { axis: 1 });
    middle.build([2, 3, 3], { dtype: 'float64' });
    const before = numbers(middle.forward(x));
    middle.loadStateDict({ scale: [1, 10, 100] });
    expectNear(
      middle.forward(x),
      before.map((v, i) => v * 10 ** (Math.floor(i / 3) % 3)),
    );
  });

  it('are built once, by shape or by the first input', () => {
    for (const type of types) {
      const layer = create(type);
      layer.build(shapeFor(type, [2, 4]));
      expect([layer.built, ...Object.values(layer.stateDict()).map(({ dtype }) => dtype)]).to.deep.equal([
        true,
        ...Object.keys(layer.stateDict()).map(() => 'float32'),
      ]);
      const weights = layer.parameters();
      layer.build(shapeFor(type, [7, 4]));
      expect(layer.parameters()).to.deep.equal(weights);
      expect(refusal(() => layer.build(shapeFor(type, [2, 4]), { dtype: 'float64' }))).to.include('float64');
      const wider = randomNormal(shapeFor(type, [2, 4]), { seed: 1, dtype: 'float64' });
      expect(refusal(() => layer.forward(wider, besideX(layer, wider)))).to.include('cast');
      outputs(layer, randomNormal(shapeFor(type, [3, 4]), { seed: 1 }));

      const wide = create(type);
      for (const y of outputs(wide, randomNormal(shapeFor(type, [2, 4]), { seed: 1, dtype: 'float64' })))
        expect(y.dtype).to.equal('float64');
      for (const { dtype } of Object.values(wide.stateDict())) expect(dtype).to.equal('float64');
    }
    for (const type of [
      'layer_norm',
      'rms_norm',
      'batch_norm',
      'dynamic_tanh',
      'global_response_norm',
    ] as const) {
      const layer = create(type);
      layer.build([2, 4]);
      refusal(() => layer.build([2, 5]));
      refusal(() => layer.forward(ones([2, 5])));
    }
  });

  it('reject invalid shapes, dtypes and inputs, empty axes, and too low a rank', () => {
    for (const type of types) {
      for (const shape of [undefined, null, 3, '3', [-1, 3], [1.5, 3], [null, 3], [0, 3], [3, 0], []])
        refusal(() => create(type).build(shape as never));
      for (const dtype of ['float16', 3, null])
        refusal(() => create(type).build([2, 3], { dtype: dtype as never }));
      for (const x of [undefined, null, 3, [[1, 2]], ndarray(Float32Array.of(1, 2), [1, 2])])
        refusal(() => create(type).forward(x as never));
      refusal(() => create(type).forward(tensor([[], []])));
      for (const options of [null, true, 'mask', { masks: [1, 1] }, { training: false }])
        refusal(() => create(type).forward(ones([2, 3]), options as never));
    }
    for (const type of ['batch_norm', 'adaptive_band_rms', 'global_response_norm'] as const)
      expect(refusal(() => create(type).forward(ones([3])))).to.include('rank');
    const layer = create('layer_norm');
    refusal(() => layer.forward(ones([0, 3])));
    expect(layer.built).to.equal(false);
  });

  it('batch_norm leaves masked positions out of its statistics, and out of the running statistics', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 6],
        [1000, 8],
      ],
      { dtype: 'float64' },
    );
    const masks = [
      [true, true, false],
      [1, 1, 0],
      Uint8Array.of(1, 1, 0),
      tensor([1, 1, 0]),
      float64([1, 1, 0]),
      ndarray(Uint8Array.of(1, 1, 0)),
    ];
    for (const mask of masks) {
      const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
      const y = layer.forward(x, { mask: mask as never });
      expectNear(y, [-1, -1, 1, 1, 998, 2], 1e-5);
      expectNear(tensor(layer.stateDict()['moving_mean']!), [2, 4], 1e-6);
      expectNear(tensor(layer.stateDict()['moving_variance']!), [1, 4], 1e-6);
    }
    for (const mask of [[true, true], [2, 1, 0], 'abc', null, [[true], [true], [false]], {}])
      expect(
        refusal(() => createNormalizationLayer('batch_norm').forward(x, { mask: mask as never })),
      ).to.include('mask');
  });

  it('batch_norm trains, freezes and evaluates as in Keras', () => {
    const x = tensor([[1], [3]], { dtype: 'float64' });
    const layer = createNormalizationLayer('batch_norm', { momentum: 0.75, epsilon: 1e-9 });
    expectNear(layer.forward(x), [-1, 1], 1e-6);
    const state = () => [
      ...numbers(layer.stateDict()['moving_mean']!),
      ...numbers(layer.stateDict()['moving_variance']!),
    ];
    // momentum is the share that is kept, and the variance is the biased one.
    expect(state()).to.deep.equal([0.5, 1]);
    layer.eval();
    expectNear(layer.forward(x), [0.5, 2.5], 1e-6);
    layer.train();
    layer.freeze();
    expectNear(layer.forward(x), [0.5, 2.5], 1e-6);
    expect(state()).to.deep.equal([0.5, 1]);
    layer.unfreeze();
    layer.forward(x);
    expect(state()).to.deep.equal([0.875, 1]);
    expect(
      createNormalizationLayer('batch_norm')
        .forward(float64([[5, -7]]))
        .toArray(),
    ).to.deep.equal([[0, 0]]);
  });

  it('can form a catalog of a user, typed and checked like the built-in one', () => {
    const myNorm = norm({
      type: 'my_norm',
      title: 'Mine',
      about: 'Multiplies by a gain.',
      useCase: 'Tests.',
      formula: 'y = g x',
      reference: { authors: 'Me', title: 'Mine', year: 2025, url: 'https://example.org' },
      options: { gain: option.number(2, 'The gain.', { above: 0, explore: [1, 3] }) },
      parameters: {},
      apply: (x, _, { gain }) => ({
        value: array.scale(x, gain),
        pullback: (g) => ({ x: array.scale(g, gain) }),
      }),
      example: { x: [1], parameters: {}, y: [2] },
      invariants: { keepsShape: laws.keepsShape },
    });
    const mine = defineNormalizations({ ...norms, my_norm: myNorm });
    expect(mine.normalizationTypes).to.have.members([...types, 'my_norm']);
    expect(mine.shapePreservingTypes).to.have.members([...shapePreservingTypes, 'my_norm']);
    const y: Tensor = mine.createNormalizationLayer('my_norm', { gain: 3 }).forward(tensor([1, 2]));
    expect(y.toArray()).to.deep.equal([3, 6]);
    expect(
      numbers(
        mine.createNormalizationFromConfig({ type: 'my_norm', gain: 4 }).forward(tensor([1])) as Tensor,
      ),
    ).to.deep.equal([4]);
    expect(
      normalization(myNorm)
        .forward(tensor([1]))
        .toArray(),
    ).to.deep.equal([2]);
    expect(mine.getNormalizationInfo().my_norm.parameters).to.deep.equal(['gain']);
    expect(mine.validateNormalizationConfig('my_norm', { gain: 1 })).to.equal(true);
    expect(mine.checkNormalizationConfig('my_nrm').map(({ hint }) => hint)).to.deep.equal([
      'Did you mean my_norm?',
    ]);
    // @ts-expect-error no such option
    refusal(() => mine.createNormalizationLayer('my_norm', { gein: 1 }));
    // @ts-expect-error the built-in factory does not know this type
    refusal(() => createNormalizationLayer('my_norm'));
    // @ts-expect-error the key of a norm must be its type
    refusal(() => defineNormalizations({ other: myNorm }));
    refusal(() => defineNormalizations({ my_norm: undefined } as never));
  });
});
