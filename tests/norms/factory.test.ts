import { expect } from 'chai';
import {
  type NormalizationConfig,
  checkNormalizationConfig,
  chooseNormalization,
  createNormalizationFromConfig,
  createNormalizationLayer,
  defineNormalizations,
  getNormalizationInfo,
  normalization,
  normalizationTypes,
  norms,
  shapePreservingTypes,
  tensor,
  validateNormalizationConfig,
  vjp,
} from '../../src/index.js';
import * as normtape from '../../src/index.js';
import { choose } from '../../src/norms/choose.js';
import { infoOfEach } from '../../src/norms/info.js';
import type { Norm } from '../../src/norms/norm.js';
import type { Traits } from '../../src/norms/traits.js';
import { camelCase } from '../../src/option/index.js';
import { failure } from '../support/failure.js';
import { threeIfNeeded } from '../support/fitting.js';

/** Which weights an option with this beginning may speak of. */
const WEIGHT_OF: Readonly<Record<string, readonly string[]>> = {
  gamma: ['gamma'],
  beta: ['beta'],
  delta: ['delta'],
  scale: ['scale'],
  alpha: ['alpha'],
  meanWeight: ['mean_weight'],
  varianceWeight: ['variance_weight'],
  tau: ['tau'],
  v: ['v'],
  band: ['band_param', 'kernel'],
  kernel: ['weight'],
  bias: ['bias'],
  queryScale: ['query_scale'],
  keyScale: ['key_scale'],
  movingMean: ['moving_mean'],
  movingVariance: ['moving_variance'],
  movingStddev: ['moving_stddev'],
};

const config = (json: string): NormalizationConfig => JSON.parse(json);
describe('the factory', () => {
  it('fills in defaults', () => {
    expect(createNormalizationLayer('rms_norm', { epsilon: 1e-3 }).options).to.deep.equal({
      axis: -1,
      epsilon: 1e-3,
      epsilonPlacement: 'inside',
      useScale: true,
      scaleInitializer: 'ones',
      offset: 0,
      useBias: false,
      biasInitializer: 'zeros',
    });
  });

  it('reads snake_case and camelCase alike', () => {
    const snake = createNormalizationFromConfig(config('{"type":"rms_norm","use_scale":false}'));
    const camel = createNormalizationFromConfig({ type: 'rms_norm', useScale: false });
    expect(snake.options).to.deep.equal(camel.options);
  });

  it('says what it expected, what it received and what to do', () => {
    expect(failure(() => createNormalizationFromConfig(config('{"type":"rmsnorm"}')))).to.equal(
      `normalization type: expected one of ${normalizationTypes.join(', ')}, received "rmsnorm". Did you mean rms_norm?`,
    );
    expect(failure(() => createNormalizationFromConfig(config('{}')))).to.equal(
      `normalization type: expected one of ${normalizationTypes.join(', ')}, received undefined.`,
    );
    expect(failure(() => createNormalizationFromConfig(config('{"type":"constructor"}')))).to.match(
      /received "constructor"\.$/,
    );
    expect(failure(() => createNormalizationFromConfig(config('{"type":"rms_norm","epsilonn":1}')))).to.equal(
      'rms_norm: expected one of the options name, axis, epsilon, epsilonPlacement, useScale, scaleInitializer, offset, useBias, biasInitializer, received "epsilonn". Did you mean epsilon?',
    );
    expect(failure(() => createNormalizationFromConfig(config('{"type":"rms_norm","epsilon":-1}')))).to.equal(
      'rms_norm.epsilon: expected a finite number above 0, received -1.',
    );
    expect(
      failure(() =>
        createNormalizationFromConfig(config('{"type":"rms_norm","use_scale":1,"useScale":true}')),
      ),
    ).to.equal('rms_norm.useScale: expected true or false, received 1.');
    expect(
      failure(() =>
        createNormalizationFromConfig(config('{"type":"rms_norm","use_scale":true,"useScale":true}')),
      ),
    ).to.equal('rms_norm.useScale: expected one spelling of the option, received ["use_scale","useScale"].');
    expect(failure(() => createNormalizationLayer('rms_norm', { epsilon: NaN }))).to.equal(
      'rms_norm.epsilon: expected a finite number above 0, received NaN.',
    );
  });

  for (const type of normalizationTypes) {
    const norm: Norm = norms[type];

    it(`lets no option of ${type} pass its bounds`, () => {
      for (const [name, option] of Object.entries(norm.options)) {
        if (option.kind !== 'number') continue;
        const { above, below, min = NaN, max = NaN } = option;
        for (const bad of [above, below, min - 0.01, max + 0.01]) {
          if (bad === undefined || Number.isNaN(bad)) continue;
          expect(failure(() => validateNormalizationConfig(type, { [name]: bad }))).to.include(
            `${type}.${name}`,
          );
        }
        for (const good of [min, max]) {
          if (!Number.isNaN(good)) expect(validateNormalizationConfig(type, { [name]: good })).to.equal(true);
        }
      }
    });

    it(`gives ${type} back from its config`, () => {
      const layer = createNormalizationLayer(type, { name: 'mine' });
      const again = createNormalizationFromConfig(config(JSON.stringify(layer.getConfig())));
      expect([again.name, again.getConfig()]).to.deep.equal(['mine', layer.getConfig()]);
    });
  }

  it('knows which types keep the shape', () => {
    expect(shapePreservingTypes).to.deep.equal(
      normalizationTypes.filter((type) => {
        const { invariants, inputs }: Norm = norms[type];
        return 'keepsShape' in invariants && !inputs;
      }),
    );
  });

  it('takes eps for epsilon, never both', () => {
    expect(createNormalizationLayer('rms_norm', { eps: 1e-3 }).options.epsilon).to.equal(1e-3);
    expect(failure(() => createNormalizationLayer('rms_norm', { eps: 1, epsilon: 1 }))).to.equal(
      'rms_norm.epsilon: expected one spelling of the option, received ["eps","epsilon"].',
    );
  });

  it('ignores the epsilon that DynamicTanh does not have, whatever it is, and says so when asked', () => {
    for (const epsilon of [1e-3, -1, NaN, 'x', null])
      expect(createNormalizationLayer('dynamic_tanh', { epsilon } as never).getConfig()).not.to.have.property(
        'epsilon',
      );
    const both = config('{"type":"dynamic_tanh","eps":0,"epsilon":"none"}');
    expect(createNormalizationFromConfig(both).options).not.to.have.property('epsilon');
    for (const name of ['epsilon', 'eps'])
      expect(failure(() => validateNormalizationConfig('dynamic_tanh', { [name]: 1e-3 }))).to.equal(
        `dynamic_tanh: expected one of the options name, axis, alphaInitValue, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint, received "${name}". DynamicTanh divides by nothing, so it has no epsilon.`,
      );
    expect(failure(() => createNormalizationLayer('dynamic_tanh', { epsilonn: 1 } as never))).to.match(
      /received "epsilonn"/,
    );
  });

  it('takes initializers, regularizers and constraints by name or with options', () => {
    const layer = createNormalizationFromConfig(
      config(
        '{"type":"layer_norm","gamma_initializer":{"type":"constant","value":2},"beta_regularizer":"l1","gamma_constraint":{"type":"max_norm","max_value":3}}',
      ),
    );
    expect(layer.getConfig()).to.deep.include({
      gammaInitializer: { type: 'constant', value: 2 },
      betaRegularizer: 'l1',
      gammaConstraint: { type: 'max_norm', maxValue: 3 },
    });
    layer.build([2, 3]);
    const weights = layer.namedParameters();
    expect(weights.get('gamma')!.toArray()).to.deep.equal([2, 2, 2]);
    expect(weights.get('gamma')!.constraint).to.be.a('function');
    expect(weights.get('beta')!.regularizer).to.be.a('function');
    expect(weights.get('gamma')!.regularizer).to.equal(undefined);
    expect(
      failure(() => createNormalizationLayer('rms_norm', { scaleInitializer: 'one' as never })),
    ).to.match(
      /^rms_norm\.scaleInitializer: expected one of zeros, ones, .* received "one"\. Did you mean ones\?$/,
    );
  });

  it('gives every weight the parts that its options name', () => {
    const random = { type: 'random_uniform', minval: 2, maxval: 3, seed: 1 };
    for (const type of normalizationTypes) {
      const norm: Norm = norms[type];
      for (const [kind, stated] of [
        ['Initializer', random],
        ['Regularizer', 'l1'],
        ['Constraint', 'non_neg'],
      ] as const) {
        const names = Object.keys(norm.options).filter((name) => name.endsWith(kind));
        const plain = Object.fromEntries(
          Object.entries(norm.options).flatMap(([name, { kind: of }]): [string, unknown][] =>
            // With zeroDebias statistics start at 0, and refuse another start.
            name.endsWith('Regularizer')
              ? [[name, 'none']]
              : of === 'flag'
                ? [[name, name !== 'zeroDebias']]
                : [],
          ),
        );
        for (const name of names) {
          const layer = normalization(norm, { ...plain, [name]: stated } as never);
          layer.build(threeIfNeeded(norm, [4, 6]), { dtype: 'float64' });
          const touched = Object.entries(layer.stateDict()).filter(([weight, { data }]) => {
            const parameter = layer.namedParameters().get(weight);
            if (kind === 'Initializer') return data.every((value) => value >= 2 && value <= 3);
            return parameter?.[kind === 'Regularizer' ? 'regularizer' : 'constraint'] !== undefined;
          });
          // A weight that only some options make, such as a projection of a condition.
          const isMade = WEIGHT_OF[name.replace(kind, '')]!.some((weight) => weight in layer.stateDict());
          if (!isMade) continue;
          expect(touched, `${type}.${name}`).to.have.length(1);
          expect(WEIGHT_OF[name.replace(kind, '')], name).to.include(touched[0]![0]);
        }
      }
    }
  });

  it('pulls the band of band_rms to its middle, unless told not to', () => {
    const penalty = (options: object) => {
      const layer = createNormalizationLayer('band_rms', options);
      layer.build([1, 2], { dtype: 'float64' });
      layer.loadStateDict({ band_param: 3 });
      return layer.penalty().item();
    };
    expect(penalty({})).to.be.closeTo(9e-5, 1e-18);
    expect(penalty({ bandRegularizer: 'none' })).to.equal(0);
    expect(penalty({ bandRegularizer: { type: 'l1', l1: 0.5 } })).to.equal(1.5);
  });

  it('finds parts that contradict themselves, in create and in validate alike', () => {
    const options = { gammaConstraint: { type: 'min_value', minValue: 2, maxValue: 1 } } as const;
    const expected = 'layer_norm.gamma.minValue: expected at most maxValue, 1, received 2.';
    expect(failure(() => createNormalizationLayer('layer_norm', options))).to.equal(expected);
    expect(failure(() => validateNormalizationConfig('layer_norm', options))).to.equal(expected);
  });

  it('lists every mistake as data', () => {
    const mistakes = checkNormalizationConfig('batch_norm', { axis: [0], momentum: 2, moment: 1 });
    expect(mistakes.map(({ where, received }) => [where, received])).to.deep.equal([
      ['batch_norm.axis', [0]],
      ['batch_norm.momentum', 2],
      ['batch_norm', 'moment'],
    ]);
    expect(checkNormalizationConfig('batch', {})).to.have.length(1);
    expect(checkNormalizationConfig('batch_norm')).to.deep.equal([]);
  });

  it('refuses configs and options that are not plain objects', () => {
    for (const wrong of [null, 3, 'rms_norm', ['type'], new Map([['type', 'rms_norm']])]) {
      expect(failure(() => createNormalizationFromConfig(wrong as never))).to.match(
        /expected a plain object/,
      );
      expect(failure(() => validateNormalizationConfig('rms_norm', wrong as never))).to.match(
        /a plain object/,
      );
    }
  });

  it('refuses inputs that lack an axis, are empty, or are too few', () => {
    const layer = createNormalizationLayer('layer_norm', { axis: [1, -1] });
    expect(failure(() => layer.build([4, 3]))).to.match(/^layer_norm.axis: expected distinct axes/);
    expect(failure(() => layer.build([3]))).to.match(/^layer_norm.axis/);
    expect(failure(() => layer.build([0, 3, 2]))).to.match(/without axes of size 0/);
    expect(failure(() => createNormalizationLayer('batch_norm').build([3]))).to.match(/rank 2 or more/);
    expect(layer.built).to.equal(false);
  });

  it('learns along axes in ascending order, however they are listed', () => {
    const layer = createNormalizationLayer('layer_norm', { axis: [-1, 1] });
    layer.build([2, 3, 4]);
    expect(layer.parameters().map(({ shape }) => shape)).to.deep.equal([
      [3, 4],
      [3, 4],
    ]);
  });

  it('keeps the shape and dtype it was built with', () => {
    const layer = createNormalizationLayer('rms_norm');
    layer.build([2, 3]);
    layer.build([7, 5, 3]);
    expect(failure(() => layer.build([2, 4]))).to.match(
      /^rms_norm.scale: expected an input for the shape \[3\], as before/,
    );
    expect(failure(() => layer.forward(tensor(Float64Array.of(1, 2, 3))))).to.match(/cast\('float32'\)/);
  });

  it('describes every norm as data', () => {
    const info = getNormalizationInfo();
    expect(info.rms_norm.options['epsilon']).to.deep.include({ default: 1e-6, aliases: ['eps'] });
    expect(JSON.parse(JSON.stringify(info))).to.deep.equal(info);
  });

  it('tells how a norm is chosen', () => {
    expect(chooseNormalization('speed')).to.equal('rms_norm');
    expect(chooseNormalization('stability')).to.equal('zero_centered_band_rms_norm');
    expect(chooseNormalization('balanced')).to.equal('layer_norm');
    expect(failure(() => chooseNormalization('sped' as never))).to.equal(
      'chooseNormalization: expected one of speed, stability, balanced, received "sped". Did you mean speed?',
    );
    const own = defineNormalizations({ dynamic_tanh: norms.dynamic_tanh, batch_norm: norms.batch_norm });
    expect(own.chooseNormalization('speed')).to.equal('dynamic_tanh');
    const none = defineNormalizations({ logit_norm: norms.logit_norm });
    expect(failure(() => none.chooseNormalization('speed'))).to.match(/a norm for hidden layers/);
  });

  it('chooses no norm that removes nothing, and one that learns nothing only if no other is left', () => {
    const { dynamic_tanh: tanh } = norms;
    const cheap = { ...tanh.traits!, cost: 1 };
    const idle = { ...tanh, type: 'idle', traits: { ...cheap, guards: [] } } as const;
    const fixed = { ...tanh, type: 'fixed', parameters: {}, traits: cheap } as const;
    const { chooseNormalization: among } = defineNormalizations({ dynamic_tanh: tanh, idle, fixed });
    expect(among('speed')).to.equal('dynamic_tanh');
    expect(defineNormalizations({ idle, fixed }).chooseNormalization('speed')).to.equal('fixed');
  });

  it('exports every definition under the camelCase of its type', () => {
    const names = normalizationTypes.map((type) => camelCase(type));
    expect(names.map((name) => (normtape as Record<string, unknown>)[name])).to.deep.equal(
      normalizationTypes.map((type) => norms[type]),
    );
  });

  it("serves catalogs of one's own, and norms without a catalog", () => {
    const own = defineNormalizations({ rms_norm: norms.rms_norm });
    expect(own.normalizationTypes).to.deep.equal(['rms_norm']);
    expect(failure(() => own.validateNormalizationConfig('layer_norm'))).to.match(/one of rms_norm/);
    expect(failure(() => defineNormalizations({ other: norms.rms_norm } as never))).to.match(
      /the norm other/,
    );
    expect(normalization(norms.rms_norm, { epsilon: 1 }).getConfig()).to.deep.equal(
      own.createNormalizationLayer('rms_norm', { epsilon: 1 }).getConfig(),
    );
  });

  it('tells of each norm in a catalog what it is, without running it', () => {
    const { getNormalizationInfo: tell, shapePreservingTypes: types } = defineNormalizations({
      batch_norm: norms.batch_norm,
      dml_plus_focal: norms.dml_plus_focal,
    });
    expect(types).to.deep.equal(['batch_norm']);
    const info = tell();
    expect(Object.keys(info)).to.deep.equal(['batch_norm', 'dml_plus_focal']);
    expect(info.batch_norm.weights).to.deep.equal({
      gamma: 'The gain γ: the sizes of the axes, ascending.',
      beta: 'The shift β: the sizes of the axes, ascending.',
      moving_mean: 'The running mean: the number of features.',
      moving_variance: 'The running variance: the number of features.',
    });
    expect(info.batch_norm.notes).to.equal(norms.batch_norm.notes);
    const { notes, ...silent }: Norm = norms.rms_norm;
    const dotted = { ...norms.rms_norm.parameters.scale, about: 'The gain, e.g. 2.' };
    const { told } = infoOfEach({ told: { ...silent, parameters: { scale: dotted } } as Norm });
    expect(notes).not.to.equal(undefined);
    expect(told.notes).to.deep.equal([]);
    expect(told.weights).to.deep.equal({ scale: 'The gain, e.g. 2: the sizes of the axes, ascending.' });
  });

  it('reads a type from no list, and its options from nothing but a plain object', () => {
    expect(failure(() => createNormalizationFromConfig({ type: ['rms_norm'] } as never))).to.match(
      /^normalization type: .* received \["rms_norm"\]/,
    );
    for (const type of ['rms_norm', 'dynamic_tanh'] as const) {
      for (const wrong of [3, 'axis', [1], new Map([['axis', 1]])])
        expect(failure(() => createNormalizationLayer(type, wrong as never))).to.match(/a plain object/);
    }
  });

  it('chooses among norms that say what they are for, and of equals the first that was published', () => {
    const { traits, ...silent }: Norm = norms.rms_norm;
    const year = (value: number): Norm => ({
      ...norms.rms_norm,
      reference: { ...norms.rms_norm.reference, year: value },
    });
    const [older, younger] = [year(2001), year(2020)];
    expect(choose([silent, younger, older], 'speed')).to.equal(older);
    expect(choose([younger, older, silent], 'stability')).to.equal(older);
    expect(failure(() => choose([silent, norms.logit_norm], 'speed'))).to.match(
      /received \["rms_norm","logit_norm"\]/,
    );
    const guarding = (...guards: Traits['guards']): Norm => ({
      ...norms.rms_norm,
      traits: { ...traits!, guards },
    });
    const [offset, size, gain] = [
      guarding('size', 'offset'),
      guarding('size'),
      guarding('size', 'offset', 'gain'),
    ];
    expect(choose([gain, size, offset], 'balanced')).to.equal(offset);
    expect(choose([size, offset, gain], 'stability')).to.equal(gain);
  });

  it('says that parts contradict themselves as data, and lets other errors be', () => {
    const options = { gammaConstraint: { type: 'min_value', minValue: 2, maxValue: 1 } };
    expect(checkNormalizationConfig('layer_norm', options).map(({ where }) => where)).to.deep.equal([
      'layer_norm.gamma.minValue',
    ]);
    const { gamma } = norms.layer_norm.parameters;
    const faulty: Norm = {
      ...norms.layer_norm,
      parameters: {
        gamma: {
          ...gamma,
          regularizer: () => {
            throw new TypeError('a fault of the definition');
          },
        },
      },
    } as never;
    expect(() => normalization(faulty)).to.throw(TypeError, 'a fault of the definition');
  });

  it('has layers that hold nothing until they are built', () => {
    const layer = createNormalizationLayer('batch_norm');
    expect([layer.parameters(), layer.stateDict(), layer.built]).to.deep.equal([[], {}, false]);
    for (const axis of [2, -3])
      expect(failure(() => createNormalizationLayer('batch_norm', { axis }).build([2, 3]))).to.match(
        /^batch_norm.axis: expected distinct axes between -2 and 1/,
      );
  });

  it('makes layers whose gradients reach the input and the parameters', () => {
    const layer = createNormalizationLayer('layer_norm', { axis: [1] });
    const x = tensor([
      [[1], [2], [3]],
      [[4], [5], [7]],
    ]);
    const { value, pullback } = vjp(() => layer.forward(x));
    const gradients = pullback();
    expect(value.shape).to.deep.equal([2, 3, 1]);
    expect(gradients.of(x)!.shape).to.deep.equal([2, 3, 1]);
    const [gamma, beta] = layer.parameters();
    expect(gradients.of(gamma!)!.shape).to.deep.equal([3]);
    expect(gradients.of(beta!)!.toArray()).to.deep.equal([2, 2, 2]);
  });

  it('splits the gradient of a maximum evenly among ties', () => {
    const x = tensor([0, 0, -1]);
    const gradient = vjp(() =>
      createNormalizationLayer('dml_plus_focal', { epsilon: 1 }).forward(x),
    ).pullback();
    const [a, b] = gradient.of(x)!.value.data;
    expect([a, b].map((v) => v!.toFixed(4))).to.deep.equal([
      (0.5 / Math.SQRT2).toFixed(4),
      (0.5 / Math.SQRT2).toFixed(4),
    ]);
  });
});
