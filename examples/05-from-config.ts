// Dictionaries of named configurations, as kept in JSON; checked by the compiler where they are written, and again when
// they are read.
import { type NormalizationConfig, createNormalizationFromConfig, randomNormal } from 'normtape';

// The presets of the Keras factory guide, under its names. The times are measured, forward and backward, and relative
// to layer_norm (docs/benchmarks.md). Choose by what a norm does (docs/which-norm.md) before its time.
// With `satisfies`, a wrong type or option does not compile, and each entry keeps its own type.
const presets = {
  standard: { type: 'layer_norm', epsilon: 1e-6 }, // time 1.0
  fast: { type: 'rms_norm', use_scale: true }, // time 0.70
  stable_llm: { type: 'zero_centered_rms_norm', epsilon: 1e-5 }, // time 0.95; layer_norm without its shift
  constrained: { type: 'band_rms', max_band_width: 0.1 }, // time 1.1
  efficient: { type: 'global_response_norm', gamma_initializer: 'zeros' }, // time 2.1: few weights, not fast
  normfree: { type: 'dynamic_tanh', alpha_init_value: 0.5 }, // time 1.5: no statistics, but a tanh per number
} as const satisfies Record<string, NormalizationConfig>;

const x = randomNormal([4, 8], { seed: 1 });
for (const [name, config] of Object.entries<NormalizationConfig>(presets)) {
  const layer = createNormalizationFromConfig({ ...config, name });
  layer.forward(x);
  console.log(`${layer.name}: ${layer.type} with ${[...layer.namedParameters().keys()].join(', ')}`);
}

// Defaults by kind of model, from the same guide. Any option may be overridden, and the type too.
const defaults = {
  transformer: { type: 'rms_norm', epsilon: 1e-6 }, // time 0.70
  vision: { type: 'layer_norm', epsilon: 1e-6 }, // time 1.0
  fast: { type: 'dynamic_tanh' }, // time 1.5: fast where a mean over a row is expensive, which it is not here
} as const satisfies Record<string, NormalizationConfig>;

/** Merges options if the type stays the same; another type starts from its own defaults, because its options differ. */
function normalizationFor(kind: keyof typeof defaults, override: object = {}) {
  const base: NormalizationConfig = defaults[kind];
  const { type = base.type, ...options } = override as { readonly type?: string };
  const config = type === base.type ? { ...base, ...options } : { type, ...options };
  return createNormalizationFromConfig(config as NormalizationConfig); // Checks at run time what the compiler cannot see.
}

console.log(normalizationFor('transformer').getConfig());
console.log(normalizationFor('transformer', { epsilon: 1e-5, use_scale: false }).getConfig());
console.log(normalizationFor('vision', { type: 'batch_norm', momentum: 0.9 }).type);

// A layer can be made again from its configuration, also after a round trip through JSON.
const layer = normalizationFor('fast', { alpha_init_value: 0.8 });
const again = createNormalizationFromConfig(
  JSON.parse(JSON.stringify(layer.getConfig())) as NormalizationConfig,
);
console.log(JSON.stringify(again.getConfig()) === JSON.stringify(layer.getConfig()));
