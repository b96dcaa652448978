import type { Patch } from '../patch.js';
import { attentions } from './attention.js';
import { backward } from './backward.js';
import { bands } from './band.js';
import { batches } from './batch.js';
import { choices } from './choices.js';
import { convolutions } from './convolution.js';
import { evolved } from './evo.js';
import { forward } from './forward.js';
import { fused } from './fused.js';
import { ends, logits, responses } from './logits.js';
import { arenas, scopes, steps, stores, sweeps } from './memory.js';
import { prefixes } from './prefix.js';
import { state } from './state.js';
import { weights } from './weights.js';
import { zoo } from './zoo.js';

/** Every wrong implementation, in the order of the list. */
export const patches: readonly Patch[] = [
  ...backward,
  ...forward,
  ...bands,
  ...state,
  ...batches,
  ...prefixes,
  ...evolved,
  ...logits,
  ...responses,
  ...ends,
  ...scopes,
  ...steps,
  ...sweeps,
  ...stores,
  ...arenas,
  ...weights,
  ...zoo,
  ...fused,
  ...convolutions,
  ...choices,
  ...attentions,
];
