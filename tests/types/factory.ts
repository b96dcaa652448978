// Compiled, never run: tsc fails if an expected error is missing.
import {
  type NdArray,
  type NormalizationConfig,
  type NormalizationConfigOf,
  type NormalizationOptions,
  type NormalizationType,
  type ShapePreservingType,
  type Tensor,
  chooseNormalization,
  createNormalizationFromConfig,
  createNormalizationLayer,
  defineNormalizations,
  laws,
  norm,
  normalization,
  norms,
  option,
  rmsNorm,
  vjp,
} from '../../src/index.js';

declare const x: Tensor;
declare const kept: ShapePreservingType;

createNormalizationLayer('rms_norm');
createNormalizationLayer('rms_norm', { epsilon: 1e-6 });
createNormalizationLayer('batch_norm', { momentum: 0.9, axis: 1, name: 'first' });

const epsilon: number = createNormalizationLayer('rms_norm').options.epsilon;
const useScale: boolean = createNormalizationLayer('rms_norm').options.useScale;

// @ts-expect-error no such type
createNormalizationLayer('invalid');
// @ts-expect-error no such option
createNormalizationLayer('rms_norm', { epsilonn: 1e-6 });
// @ts-expect-error an option of batch_norm, not of rms_norm
createNormalizationLayer('rms_norm', { momentum: 0.9 });
// @ts-expect-error epsilon is a number
createNormalizationLayer('rms_norm', { epsilon: '1e-6' });
// @ts-expect-error in code the name is useScale
createNormalizationLayer('rms_norm', { use_scale: true });
// @ts-expect-error rms_norm has no momentum
createNormalizationLayer('rms_norm').options.momentum;

createNormalizationFromConfig({ type: 'rms_norm', use_scale: true });
createNormalizationFromConfig({ type: 'rms_norm', useScale: true });
// @ts-expect-error no such option
createNormalizationFromConfig({ type: 'rms_norm', use_scal: true });
// @ts-expect-error use_scale is a boolean
createNormalizationFromConfig({ type: 'rms_norm', use_scale: 'yes' });
// @ts-expect-error no such type
createNormalizationFromConfig({ type: 'invalid' });

// A single output is a tensor, several are a tuple, and a variable type has what all its values share.
const one: Tensor = createNormalizationLayer(kept, { epsilon: 1e-6, eps: 1e-6 }).forward(x);
const three: readonly [Tensor, Tensor, Tensor] = createNormalizationLayer('decoupled_max_logit').forward(x);
const focal: Tensor = createNormalizationLayer('dml_plus_focal').forward(x);
// @ts-expect-error two tensors are not three
const tooMany: readonly [Tensor, Tensor, Tensor] = createNormalizationLayer('dml_plus_center').forward(x);
// @ts-expect-error the focal score drops an axis
const shape: ShapePreservingType = 'dml_plus_focal';
// @ts-expect-error one integer
createNormalizationLayer('batch_norm', { axis: [1] });

// The seed may be omitted only for a single output.
vjp(() => createNormalizationLayer('rms_norm').forward(x)).pullback();
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback([x, x, x]);
// @ts-expect-error three outputs need three seeds
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback();
// @ts-expect-error three, not two
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback([x, x]);

// The type may be a type variable.
const generic = <T extends ShapePreservingType>(type: T): Tensor => createNormalizationLayer(type).forward(x);
const withOptions = <T extends ShapePreservingType>(type: T, options: NormalizationOptions<T>): Tensor =>
  createNormalizationLayer(type, options).forward(x);

// The configuration of a layer makes another.
createNormalizationFromConfig(createNormalizationLayer('rms_norm').getConfig());
const config: NormalizationConfig = { type: 'dynamic_tanh', alpha_init_value: 0.5, epsilon: 1 };
// @ts-expect-error alphaInitValue belongs to dynamic_tanh
createNormalizationFromConfig({ type: 'rms_norm', alphaInitValue: 1 });

// Your own catalog is typed like the built-in one.
const own = defineNormalizations({ rms_norm: norms.rms_norm });
const same: Tensor = own.createNormalizationFromConfig({ type: 'rms_norm' }).forward(x);
// @ts-expect-error not in this catalog
own.createNormalizationLayer('layer_norm');
// @ts-expect-error a norm stands under its type
defineNormalizations({ other: norms.rms_norm });

// Parts are named, or stated with their own options, in either spelling.
createNormalizationLayer('layer_norm', {
  gammaInitializer: { type: 'random_normal', stddev: 0.1 },
  betaRegularizer: 'l2',
  gammaConstraint: { type: 'max_norm', maxValue: 2 },
});
createNormalizationFromConfig({
  type: 'layer_norm',
  gamma_constraint: { type: 'max_norm', max_value: 2 },
});
// @ts-expect-error no such initializer
createNormalizationLayer('rms_norm', { scaleInitializer: 'one' });
// @ts-expect-error no such option of the initializer
createNormalizationLayer('rms_norm', { scaleInitializer: { type: 'constant', stddev: 1 } });
// @ts-expect-error the paper of GRN has no constraint
createNormalizationLayer('global_response_norm', { gammaConstraint: 'non_neg' });
createNormalizationLayer('global_response_norm', { eps: 1e-6, gammaInitializer: 'ones' });
// @ts-expect-error even an ignored epsilon must be a number
createNormalizationLayer('dynamic_tanh', { epsilon: 'none' });

// A type in a variable.
function forType<T extends NormalizationType>(type: T, options: NormalizationOptions<T>) {
  return createNormalizationLayer(type, options);
}
const two: readonly [Tensor, Tensor] = forType('dml_plus_center', { axis: 1 }).forward(x);
const masked: Tensor = createNormalizationLayer(kept).forward(x, { mask: [[true, false]] });
const chosen: ShapePreservingType = chooseNormalization('speed');
// @ts-expect-error no such priority
chooseNormalization('fast');
// @ts-expect-error three tensors do not keep a shape
const wrong: Tensor = createNormalizationLayer('decoupled_max_logit').forward(x);
// @ts-expect-error any type may give several tensors
const unknown: Tensor = createNormalizationFromConfig(config).forward(x);

const options: NormalizationOptions<'band_rms'> = { bandRegularizer: { type: 'l2', l2: 0.1 } };
const both: NormalizationConfigOf<'band_rms'> = {
  type: 'band_rms',
  max_band_width: 0.2,
  bandInitializer: 'ones',
};
// @ts-expect-error another type
const other: NormalizationConfigOf<'band_rms'> = { type: 'rms_norm' };
const named = {
  fast: { type: 'rms_norm', use_scale: false },
  free: { type: 'dynamic_tanh' },
} satisfies Record<string, NormalizationConfig>;
createNormalizationFromConfig(named.fast);

// Your own norm together with the built-in ones.
const myNorm = norm({
  type: 'my_norm',
  title: 'Mine',
  about: '',
  useCase: '',
  formula: '',
  reference: { authors: '', title: '', year: 2026, url: '' },
  options: { strength: option.number(1, '', { explore: [0, 1] }) },
  parameters: {},
  apply: (a: NdArray) => ({ value: a, pullback: (g) => ({ x: g }) }),
  example: { x: [1], parameters: {}, y: [1] },
  invariants: { keepsShape: laws.keepsShape },
});
const mine = defineNormalizations({ ...norms, my_norm: myNorm });
const strength: number = mine.createNormalizationLayer('my_norm', { strength: 2 }).options.strength;
const kind: Tensor = mine.createNormalizationLayer('my_norm').forward(x);
mine.createNormalizationLayer('rms_norm', { useScale: false });
mine.createNormalizationFromConfig({ type: 'my_norm', strength: 1 });
// @ts-expect-error an option of another norm
mine.createNormalizationLayer('my_norm', { epsilon: 1 });
// @ts-expect-error not in the built-in catalog
createNormalizationLayer('my_norm');
const single: Tensor = normalization(rmsNorm, { epsilon: 1e-5 }).forward(x);
// @ts-expect-error not an option of rms_norm
normalization(rmsNorm, { momentum: 1 });

export {
  both,
  chosen,
  generic,
  kind,
  masked,
  named,
  options,
  other,
  single,
  strength,
  two,
  unknown,
  withOptions,
  wrong,
};
export { config, epsilon, focal, one, same, shape, three, tooMany, useScale };
