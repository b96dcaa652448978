import type { Dtype, NdArray, Numbers, Shape } from './array.js';
import { filled as laidOut } from './array.js';
import { flat as inOrder } from './contiguous.js';

// What users get hold of: functions of arrays that leave their operands as they are. What hands out the memory that arrays
// lie in, or writes into it, stays inside: in an op of a user it would show whatever lies there next.

/** A copy of the elements in row-major order, in a typed array that is the caller's own. */
export const flat = (a: NdArray): Numbers => inOrder(a).slice();

/** A new array of these numbers, in a dtype. */
export const filled = (data: ArrayLike<number>, shape: Shape, dtype: Dtype): NdArray =>
  laidOut(data, shape, dtype);

export {
  add,
  clamp,
  curve,
  curveBack,
  distance,
  div,
  dot,
  linear,
  map,
  maximum,
  minimum,
  mix,
  mul,
  scale,
  square,
  sub,
  within,
  zip,
  zip3,
} from './arithmetic.js';
export {
  type Axes,
  type Dtype,
  LARGEST,
  type NdArray,
  ROUNDOFF,
  type Shape,
  across,
  along,
  demandShape,
  fromFlat,
  full,
  knownDtype,
  onto,
  positiveAxes,
  sameShape,
  sizeOf,
  store,
  without,
} from './array.js';
export { type Attended, type Attention, attention } from './attention.js';
export { broadcastShape, broadcastTo } from './broadcast.js';
export { cast, contiguous, copy, reshape } from './contiguous.js';
export { type Labelled, contract, diagonal } from './contract.js';
export {
  type Convolved,
  type Pooled,
  averagePool,
  convolve,
  convolveDepthwise,
  imageGradient,
  kernelGradient,
  maxPool,
} from './convolve.js';
export {
  type Running,
  cumulativeProduct,
  cumulativeProductBack,
  cumulativeSum,
  product,
  productBack,
} from './cumulative.js';
export { flip } from './flip.js';
export { type JsonNumber, toJsonNumber, toJsonNumbers } from './json.js';
export { keep } from './lifetime.js';
export { magnitude } from './magnitude.js';
export { demandMask } from './mask.js';
export { matmul } from './matmul.js';
export { type Weights, normalize, normalizeWith } from './normalize.js';
export type { Normalized } from './normalized.js';
export { type Ordered, extremePosition, ordered } from './order.js';
export { arrayKind, arrayText } from './print.js';
export { sumOfProducts } from './products.js';
export { Random, anySeed, draw, noting } from './random.js';
export { SHORT, finite, mended } from './range.js';
export { extremeBack, max, mean, min, sum, sumTo, total } from './reduce.js';
export { type Turning, rotate } from './rotate.js';
export { type Picks, type Range, concat, gather, placed, scatterAdd, sliceView } from './select.js';
export { crossEntropy, logSoftmax, logSoftmaxBack, logSumExp, softmax, softmaxBack } from './softmax.js';
export {
  type Form,
  type Nested,
  type Source,
  fromSource,
  isNdArray,
  owned,
  toNested,
  toPlain,
} from './source.js';
export { squash } from './squash.js';
export { transpose } from './transpose.js';
export { type Spread, variance } from './variance.js';
export { type ArrayJson, PlainArray } from './strided.js';
export { demandRoom, toJson } from './view.js';
export { type CausalLaying, type Laying, type Pair, windowsOn } from './windows.js';
export {
  type CurveName,
  type KernelInfo,
  type KernelSet,
  type Numbers,
  type Recipe,
  erf,
  exponentBack,
  kernelInfo,
  normalDensity,
  normalShare,
  power,
  powerBack,
  quotientBack,
  setKernels,
  sigmoid,
  softplus,
} from '../kernels/index.js';
export { type MemoryInfo, memoryInfo } from './memory/info.js';
