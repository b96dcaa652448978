// Types of every entry, for compilers.
import { type Tensor, createNormalizationLayer, layerNorm, normalization, tensor, vjp } from 'normtape';
import { digits } from 'normtape/data';
import { saveModel } from 'normtape/io';
import { tensor as plain } from 'normtape/js';
import { type History, fit } from 'normtape/train';
import { verifyNormalization } from 'normtape/verify';
import 'normtape/wasm';
import 'normtape/wasm-relaxed';

const layer = createNormalizationLayer('rms_norm', { epsilon: 1e-5 });
const y: Tensor = layer.forward(tensor([[1, 2]]));
const first: number = y.value.get(0, 0);
// @ts-expect-error rms_norm has no such option.
const wrong = () => createNormalizationLayer('rms_norm', { epsilom: 1e-5 });
// @ts-expect-error An element is a number.
const text: string = y.value.get(0, 0);
const lossOf = ({ epochs }: History): number | undefined => epochs[0]?.loss;
export const used = [
  first,
  wrong,
  text,
  lossOf,
  vjp,
  plain,
  fit,
  digits,
  saveModel,
  verifyNormalization,
  normalization(layerNorm),
];
