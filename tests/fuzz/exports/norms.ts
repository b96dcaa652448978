import { array, laws, norms, option, tensor } from '../../../src/index.js';
import { verifyNormalization } from '../../../src/verify/index.js';
import { taped } from '../../../src/verify/taped.js';
import { type Calls, each, rows, small, wide } from './values.js';

const x = () => rows().value;
const columns = () => tensor([1, 2, 3]).value;
const trial = () => laws.trial(norms.layer_norm, x(), option.resolve('x', norms.layer_norm.options));
const limits = () => ({ above: 0, explore: [0, 1] });
const options = () => ({ epsilon: option.epsilon('ε'), axis: option.axis(-1, 'The axis.') });
const family = () => ({
  own: { about: 'Own.', options: { size: option.number(1, 'A size.', { min: 0, explore: [0, 1] }) } },
});
const unit = () => norms.layer_norm as never;

const factory: Calls = {
  createNormalizationLayer: () => ['layer_norm', { epsilon: 0.1 }],
  createNormalizationFromConfig: () => [{ type: 'layer_norm', epsilon: 0.1 }],
  validateNormalizationConfig: () => ['layer_norm', { epsilon: 0.1 }],
  checkNormalizationConfig: () => ['layer_norm', { epsilon: 0.1 }],
  getNormalizationInfo: () => [],
  chooseNormalization: () => ['speed'],
  defineNormalizations: () => [{ layer_norm: norms.layer_norm }],
  norm: () => [norms.layer_norm],
  renormLimits: () => [100],
  createWeightNormalization: () => ['weight_norm', { epsilon: 0.1 }],
  normalization: () => [norms.layer_norm, { epsilon: 0.1 }],
  NormtapeError: () => [{ where: 'w', expected: 'e', received: 1, hint: 'Do.' }],
};

const declaring: Calls = {
  ...each('option.constraint option.initializer option.regularizer', () => ['none', 'About.']),
  ...each('option.epsilon option.epsilonPlacement option.seed', () => ['About.']),
  'option.maxBandWidth': () => [0.1],
  ...each('option.camelCase option.snakeCase', () => ['useScale']),
  'option.copyOf': () => [[1, { a: [2] }]],
  ...each('option.aliasesOf option.commentOf option.demand', () => [option.epsilon('ε')]),
  'option.demandPart': () => [option.initializer('ones', 'How.')],
  'option.axes': () => [[0, 1], 'About.'],
  'option.axis': () => [0, 'About.'],
  'option.choice': () => ['a', 'About.', ['a', 'b']],
  'option.flag': () => [true, 'About.'],
  'option.number': () => [1, 'About.', limits()],
  'option.numberOrNull': () => [null, 'About.', limits()],
  'option.numberOrWord': () => [1, 'About.', ['sqrt'], limits()],
  'option.numbers': () => [[1], 'About.', limits()],
  'option.text': () => ['a', 'About.'],
  'option.part': () => [family(), 'own', 'About.'],
  'option.completed': () => ['where', { epsilon: 1 }, { axis: 1 }],
  'option.plain': () => ['where', { epsilon: 1 }],
  'option.read': () => ['where', options(), { epsilon: 1 }, { refused: {}, beside: ['x'] }],
  'option.resolve': () => ['where', options(), { epsilon: 1 }, ['x']],
  'option.resolveBeside': () => ['where', options(), { epsilon: 1, x: 2 }, ['x']],
  'option.resolvePart': () => ['where', family(), { type: 'own', size: 2 }],
  'option.takenOut': () => ['where', { epsilon: 1 }, ['epsilon']],
  ...each('option.isMap option.isPlainObject option.isSet option.isOption', () => [new Map()]),
  'option.entriesOf': () => [{ epsilon: 1 }],
  'option.itemsOf': () => [[1, 2]],
};

const math = () => taped;
const double = () => tensor([1, 2, 3], { dtype: 'float64' });
const over = (a = tensor(x())) => [math(), a, -1, 0.1];

const formulas: Calls = {
  'formulas.square': () => [math(), tensor(x())],
  'formulas.learned': () => [math(), tensor(x()), -1, tensor(columns()), tensor(columns())],
  'formulas.standardized': () => [...over(), 'the row'],
  'formulas.standardizedWhere': () => [math(), undefined, tensor(x()), -1, 0.1, 'the row'],
  'formulas.unitWhere': () => [math(), undefined, tensor(x()), -1, 0.1],
  'formulas.momentsWhere': () => [math(), undefined, tensor(x()), -1, { extra: 0.1, over: 'the row' }],
  'formulas.activation': () => [math(), tensor(x()), 'silu'],
  'formulas.matrixProduct': () => [math(), tensor([[1, 2]]), tensor([[1], [2]])],
  'formulas.blended': () => [math(), double(), double(), 0.9],
  ...each(
    'formulas.rootMeanSquare formulas.centeredAndClamped formulas.clampedRoot formulas.addedRoot formulas.flooredRoot',
    () => over(),
  ),
  'formulas.leastLength': () => [math(), double(), -1, 0.1],
  'formulas.placedRoot': () => [...over().slice(0, 3), { epsilon: 0.1, epsilonPlacement: 'outside' }],
  'formulas.unitOf': () => [math(), tensor(x()), tensor(x())],
  'formulas.inBand': () => [math(), wide(), 0.1],
  'formulas.dropped': () => [math(), tensor([[1], [2]]), 1],
};

const parts: Calls = {
  'parts.affine': () => [x(), -1, columns(), columns()],
  'parts.band': () => [columns(), 0.5, 1],
  'parts.boundGap': () => [x(), -1, 0.1, 'floor'],
  'parts.contract': () => [x(), x(), [3]],
  'parts.peak': () => [x(), -1, x()],
  'parts.standardize': () => [x(), -1, 0.1, 'mean'],
  'parts.standardizeWith': () => [x(), -1, 0.1, { gain: columns(), shift: columns(), along: -1 }],
  'parts.tieGap': () => [x(), -1],
  'parts.unitize': () => [x(), -1, 0.1, 'sum'],
  'parts.unitizeWith': () => [x(), -1, 0.1, 'sum', { gain: columns(), shift: columns(), along: -1 }],
};

const promises: Calls = {
  ...each('laws.centeredLaws laws.unitLaws', () => [{ total: 'mean', bound: 'added', centered: true }]),
  ...each('laws.maskLaws laws.unseenPositions', () => [1, false]),
  'laws.complementLaws': () => [],
  'laws.outputLaws': () => [{ total: 'sum', bound: 'rootFloor', centered: false }],
  'laws.polarLaws': () => [() => ({ x: x(), radius: columns() })],
  'laws.spectralLaws': () => [() => ({ u: columns(), v: columns() })],
  'laws.startsAsWeight': () => [() => ({ gain: columns() })],
  'laws.lawsIf': () => ['If so', () => true, laws.standardizedLaws],
  'laws.lawsUnder': () => ['If so', { epsilon: 1 }, laws.standardizedLaws],
  'laws.laid': () => [trial(), 'gamma', -1],
  'laws.learnedLaws': () => [{ gain: 'gamma', shift: 'beta', along: -1 }],
  'laws.switchedOff': () => [{ center: false }, { beta: 0 }],
  'laws.trial': () => [
    norms.layer_norm,
    x(),
    option.resolve('x', norms.layer_norm.options),
    { seed: 1, training: true },
  ],
  ...each('laws.factorOf laws.identityAt laws.startsAt', () => ['gamma']),
  'laws.roundedUnit': () => [trial()],
  'laws.cosineGradient': () => [0],
  'laws.lengthGradient': () => [0, 1],
};

const shape = () => [2, 3];
const range = () => ({ dtype: 'float64', from: -1, to: 1, kinds: ['mixed'] });

const verify: Calls = {
  ...each('verify.arbitraries.structured verify.arbitraries.inputs verify.arbitraries.tensors', () => [
    shape(),
    range(),
  ]),
  'verify.arbitraries.arrays': () => [shape(), { min: -1, max: 1, dtype: 'float64' }],
  'verify.arbitraries.masks': () => [shape(), 'float64'],
  'verify.arbitraries.axes': () => [2],
  'verify.arbitraries.options': () => [unit(), 2],
  'verify.arbitraries.seeds': () => [],
  'verify.arbitraries.setting': () => [option.epsilon('ε'), 2],
  'verify.arbitraries.shapes': () => [{ minRank: 1, maxRank: 2, most: 8, size: 3 }],
  ...each('verify.arbitraries.weights verify.arbitraries.statistics verify.arbitraries.secondInputs', () => [
    norms.batch_norm,
    shape(),
    option.resolve('x', norms.batch_norm.options),
    'float64',
  ]),
  ...each('assertGradients verify.assertGradients gradcheck verify.gradcheck', () => [
    (a: never) => a,
    [wide()],
    { seed: 1, tolerance: 1e-6, step: 0.01 },
  ]),
  ...each('verify.reportMarkdown verify.reportText', () => [report]),
  ...each('verify.verification verify.verifyNormalization', () => [
    'dynamic_tanh',
    { runs: 1, seed: 1, dtype: 'float32', only: ['keepsShape'] },
  ]),
  'verify.verifyModule': () => [
    small(),
    { input: [2, 3], runs: 1, seed: 1, only: ['gradients'], invariants: {} },
  ],
};

const report = verifyNormalization('dynamic_tanh', { runs: 1, seed: 1, only: ['keepsShape'] });

/** A valid call of every function that makes, declares, describes or verifies norms. */
export const norming: Calls = { ...factory, ...declaring, ...formulas, ...parts, ...promises, ...verify };

export const numbers = () => array.flat(x());
