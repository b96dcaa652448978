// All kernels, in one module: they share a memory, and the compiler places their constants in it once.
export { matmul32, matmul64, matmulWork } from './matmul';
export { normalizeRows32 } from './rows32';
export { normalizeRowsBack32, pullRows32, rowsBackWork } from './rows32-back';
export { normalizeRows64 } from './rows64';
export { normalizeRowsBack64 } from './rows64-back';
export {
  add32, add64, sub32, sub64, mul32, mul64, div32, div64, maximum32, maximum64, minimum32, minimum64,
} from './elementwise';
export {
  less32, less64, lessEqual32, lessEqual64, equal32, equal64, notEqual32, notEqual64,
  masked32, masked64, kept32, kept64, dropped32, dropped64, choose32, choose64,
} from './choose';
export {
  absolute32, absolute64, root32, root64, square32, square64, relu32, relu64, reluBack32, reluBack64,
  clamp32, clamp64, scale32, scale64, affine32, affine64,
} from './unary';
export {
  exp32, sigmoid32, sigmoidBack32, silu32, siluBack32, softplus32, softplusBack32,
} from './exponential32';
export { tanh32, tanhBack32 } from './tanh32';
export { squash32, squashWork } from './squash32';
export { squashBack32 } from './squash32-back';
export { rowsWork } from './work-rows';
export { swish32, swishBack32 } from './swish32';
export { gate32, gateBack32 } from './gate32';
export { maximumBack32 } from './maximum32';
export { partDots32, partDotsBack32, partGains32, partGainsBack32 } from './parts32';
export { overLarger32, overLargerBack32 } from './larger32';
export { sumOfProducts32, sumOfProducts64 } from './products';
export { log32 } from './logarithm32';
export { erf32, erfBack32, gelu32, geluBack32, geluTanh32, geluTanhBack32 } from './normal32';
export { columnsWork, normalizeColumns32 } from './columns32';
export { normalizeColumnsBack32 } from './columns32-back';
export { normalizeColumns64, normalizeColumnsBack64 } from './columns64';
export {
  dot32, dot64, within32, within64, sumRows32, sumRows64, sumColumns32, sumColumns64, maxColumns32, maxColumns64,
  minColumns32, minColumns64,
} from './reduce';
export { maxRows32, maxRows64, minRows32, minRows64, extremeRowsBack32, extremeRowsBack64 } from './peak';
export {
  softmax32, softmaxBack32, logSoftmax32, logSoftmaxBack32, logSumExp32, crossEntropy32,
} from './softmax';
export { sgd32, sgd64, adam32, adam64 } from './optimizer';
export { gather, scatterAdd32, scatterAdd64 } from './gather';
export { normalizeWhere32, normalizeWhereBack32, whereWork } from './where32';
export { windowSum32, windowSum64, windowWork } from './window';
export { attend32, attendBack32 } from './attention32';
export { convolve32, convolveKernel32, convolveWork } from './convolve32';
export { depthwise32, depthwiseKernel32, depthwiseWork } from './depthwise32';
export { pad32 } from './slide32';
export { pool32, poolBack32, poolWork } from './pool32';
export { overWindow32, overWindowBack32 } from './window-quotient';

/** The address at which the constants of the compiler end. */
export function reserved(): usize {
  return __heap_base;
}
