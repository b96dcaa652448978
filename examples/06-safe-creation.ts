// A configuration from outside: find every mistake, fall back to another, and look up what is allowed.
import {
  type NormalizationConfig,
  NormtapeError,
  checkNormalizationConfig,
  createNormalizationFromConfig,
  createNormalizationLayer,
  getNormalizationInfo,
  randomNormal,
  validateNormalizationConfig,
} from 'normtape';

const given: unknown = JSON.parse(
  '{ "type": "band_rms", "max_band_with": 0.1, "epsilon": -1, "axis": "last" }',
);

// Every mistake at once, as data: for a form, a log, a command line.
const { type, ...options } = given as { readonly type: string };
for (const { where, expected, received } of checkNormalizationConfig(type, options)) {
  console.log(`${where}: ${JSON.stringify(received)}, but should be ${expected}`);
}

// The first mistake, thrown.
try {
  validateNormalizationConfig(type, options);
} catch (error) {
  if (error instanceof NormtapeError) console.log(error.message);
}

// A wrong configuration makes nothing, so a fallback starts from a clean slate.
const layer = createOr('layer_norm', given);
console.log('made instead:', layer.type);

/** A layer of the configuration, or of the fallback if the configuration has a mistake; other errors are thrown. */
function createOr(fallback: 'layer_norm' | 'rms_norm', config: unknown) {
  try {
    return createNormalizationFromConfig(config as NormalizationConfig);
  } catch (error) {
    if (!(error instanceof NormtapeError)) throw error;
    return createNormalizationLayer(fallback);
  }
}

// The options, weights and description of a type.
const info = getNormalizationInfo().band_rms;
console.log(info.description);
for (const [name, option] of Object.entries(info.options)) {
  console.log(`  ${name}: ${option.demand}; ${JSON.stringify(option.default)} when left out`);
}
console.log('  weights:', Object.keys(info.weights).join(', '));

// The parts of a layer, before and after its first input.
console.log('built:', layer.built);
layer.forward(randomNormal([2, 6], { seed: 1 }));
console.log('built:', layer.built);
console.log(layer.summary());
