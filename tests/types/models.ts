// Compiled, never run: tsc fails if an expected error is missing.
import { meanAbsoluteNorm } from '../../examples/my-norm.js';
import {
  ConfigurableModel,
  type DefinedNormalization,
  LanguageModel,
  TransformerBlock,
  norms,
} from '../../src/index.js';

new ConfigurableModel({ classes: 2, normalization: meanAbsoluteNorm });
new ConfigurableModel({ classes: 2, normalization: { definition: meanAbsoluteNorm, epsilon: 1e-3 } });
new TransformerBlock({ hiddenSize: 8, heads: 2, normalization: norms.rms_norm });
new LanguageModel({
  vocabularySize: 2,
  contextLength: 4,
  hiddenSize: 8,
  heads: 2,
  layers: 1,
  normalization: meanAbsoluteNorm,
});
// @ts-expect-error no such option of a built-in norm
new ConfigurableModel({ classes: 2, normalization: { type: 'rms_norm', use_scael: true } });
// @ts-expect-error a norm of several outputs
new ConfigurableModel({ classes: 2, normalization: norms.decoupled_max_logit });
// @ts-expect-error a type or a definition, not both
new ConfigurableModel({ classes: 2, normalization: { type: 'rms_norm', definition: meanAbsoluteNorm } });

export const stated: DefinedNormalization<typeof meanAbsoluteNorm> = {
  definition: meanAbsoluteNorm,
  axis: -1,
};
export const wrong: DefinedNormalization<typeof meanAbsoluteNorm> = {
  definition: meanAbsoluteNorm,
  // @ts-expect-error no such option
  epsilonn: 1,
};
