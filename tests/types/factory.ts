// Compiled, never run: tsc fails where an expected error is missing.
import {
  type NormalizationConfig,
  type ShapePreservingType,
  type Tensor,
  createNormalizationFromConfig,
  createNormalizationLayer,
  defineNormalizations,
  norms,
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
// @ts-expect-error a number is asked for
createNormalizationLayer('rms_norm', { epsilon: '1e-6' });
// @ts-expect-error in code the name is useScale
createNormalizationLayer('rms_norm', { use_scale: true });
// @ts-expect-error rms_norm has no momentum
createNormalizationLayer('rms_norm').options.momentum;

createNormalizationFromConfig({ type: 'rms_norm', use_scale: true });
createNormalizationFromConfig({ type: 'rms_norm', useScale: true });
// @ts-expect-error no such option
createNormalizationFromConfig({ type: 'rms_norm', use_scal: true });
// @ts-expect-error a boolean is asked for
createNormalizationFromConfig({ type: 'rms_norm', use_scale: 'yes' });
// @ts-expect-error no such type
createNormalizationFromConfig({ type: 'invalid' });

// One output gives one tensor, several a tuple, and a type that is a variable what all of its values share.
const one: Tensor = createNormalizationLayer(kept, { epsilon: 1e-6, eps: 1e-6 }).forward(x);
const three: readonly [Tensor, Tensor, Tensor] = createNormalizationLayer('decoupled_max_logit').forward(x);
const focal: Tensor = createNormalizationLayer('dml_plus_focal').forward(x);
// @ts-expect-error two tensors are not three
const tooMany: readonly [Tensor, Tensor, Tensor] = createNormalizationLayer('dml_plus_center').forward(x);
// @ts-expect-error the focal score drops an axis
const shape: ShapePreservingType = 'dml_plus_focal';
// @ts-expect-error one integer
createNormalizationLayer('batch_norm', { axis: [1] });

// The seed may be left out for one output only.
vjp(() => createNormalizationLayer('rms_norm').forward(x)).pullback();
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback([x, x, x]);
// @ts-expect-error three outputs want three seeds
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback();
// @ts-expect-error three, not two
vjp(() => createNormalizationLayer('decoupled_max_logit').forward(x)).pullback([x, x]);

// A config of one layer makes the next.
createNormalizationFromConfig(createNormalizationLayer('rms_norm').getConfig());
const config: NormalizationConfig = { type: 'dynamic_tanh', alpha_init_value: 0.5, epsilon: 1 };
// @ts-expect-error alphaInitValue belongs to dynamic_tanh
createNormalizationFromConfig({ type: 'rms_norm', alphaInitValue: 1 });

// A catalog of one's own is typed like the built-in one.
const own = defineNormalizations({ rms_norm: norms.rms_norm });
const same: Tensor = own.createNormalizationFromConfig({ type: 'rms_norm' }).forward(x);
// @ts-expect-error not in this catalog
own.createNormalizationLayer('layer_norm');
// @ts-expect-error a norm stands under its type
defineNormalizations({ other: norms.rms_norm });

export { config, epsilon, focal, one, same, shape, three, tooMany, useScale };
