// Dictionaries of named configurations, as one keeps them in JSON; checked where they are written and where they are read.
import { type NormalizationConfig, createNormalizationFromConfig, randomNormal } from 'normtape';

// The presets of the Keras factory guide, under its names. The remarks are measured: the place among all 15 norms by
// time, forward and backward (docs/benchmarks.md). Choose by what a norm does (docs/which-norm.md) before its time.
// With `satisfies`, a wrong type or option does not compile, and each entry keeps its own type.
const presets = {
  standard: { type: 'layer_norm', epsilon: 1e-6 }, // place 7 of 15
  fast: { type: 'rms_norm', use_scale: true }, // place 3 of 15: the fastest that goes between layers
  stable_llm: { type: 'zero_centered_rms_norm', epsilon: 1e-5 }, // place 6 of 15; layer_norm without its shift
  constrained: { type: 'band_rms', max_band_width: 0.1 }, // place 9 of 15
  efficient: { type: 'global_response_norm', gamma_initializer: 'zeros' }, // place 15 of 15: few weights, not fast
  normfree: { type: 'dynamic_tanh', alpha_init_value: 0.5 }, // place 11 of 15: no statistics, but a tanh a number
} as const satisfies Record<string, NormalizationConfig>;

const x = randomNormal([4, 8], { seed: 1 });
for (const [name, config] of Object.entries<NormalizationConfig>(presets)) {
  const layer = createNormalizationFromConfig({ ...config, name });
  layer.forward(x);
  console.log(`${layer.name}: ${layer.type} with ${[...layer.namedParameters().keys()].join(', ')}`);
}

// Defaults by kind of model, as the guide has them. Whoever uses them may override anything, the type included.
const defaults = {
  transformer: { type: 'rms_norm', epsilon: 1e-6 }, // place 3 of 15
  vision: { type: 'layer_norm', epsilon: 1e-6 }, // place 7 of 15
  fast: { type: 'dynamic_tanh' }, // place 11 of 15: fast where a mean over a row is dear, which it is not here
} as const satisfies Record<string, NormalizationConfig>;

/** Options merge as long as the type stays; another type starts from its own defaults, since options differ. */
function normalizationFor(kind: keyof typeof defaults, override: object = {}) {
  const base: NormalizationConfig = defaults[kind];
  const { type = base.type, ...options } = override as { readonly type?: string };
  const config = type === base.type ? { ...base, ...options } : { type, ...options };
  return createNormalizationFromConfig(config as NormalizationConfig); // It checks what the types cannot see.
}

console.log(normalizationFor('transformer').getConfig());
console.log(normalizationFor('transformer', { epsilon: 1e-5, use_scale: false }).getConfig());
console.log(normalizationFor('vision', { type: 'batch_norm', momentum: 0.9 }).type);

// A layer's configuration makes an equal layer, by way of JSON too.
const layer = normalizationFor('fast', { alpha_init_value: 0.8 });
const again = createNormalizationFromConfig(
  JSON.parse(JSON.stringify(layer.getConfig())) as NormalizationConfig,
);
console.log(JSON.stringify(again.getConfig()) === JSON.stringify(layer.getConfig()));
