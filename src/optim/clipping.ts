import { type NdArray, dot, finite, flat, map, max, scale } from '../array/index.js';
import { Gradients } from '../autograd/gradients.js';
import { scope } from '../autograd/scope.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, number, plain, resolve } from '../option/index.js';
import { convention } from './settings.js';

const NORM = {
  maxNorm: number(1, 'The greatest length.', { above: 0, explore: [0.1, 10] }),
  convention,
};

/** A factor that brings any length below the largest number. */
const SMALL = 2 ** -64;

const VALUE = { limit: number(1, 'The greatest magnitude.', { above: 0, explore: [0.1, 10] }) };

/**
 * The Euclidean norm of all gradients as one vector (global norm), computed without intermediate overflow or underflow.
 * NaN if any number is NaN, else ∞ if any is infinite.
 */
export const globalNorm = (gradients: Gradients): number =>
  scope(() =>
    lengthOf([...demandGradients('globalNorm', gradients)].map(([, gradient]) => arrayOf(gradient))),
  );

function lengthOf(arrays: readonly NdArray[]): number {
  const length = (unit: number): number => {
    const squares = arrays.map((array) => (unit === 1 ? array : map(array, (x) => x / unit)));
    return unit * Math.sqrt(squares.reduce((total, array) => total + dot(array, array), 0));
  };
  const plain = length(1);
  if (plain > 1e-150 && plain < 1e150) return plain;
  // Squares may have underflowed or overflowed; in units of the largest number they do not.
  const everywhere = (_: number, axis: number): number => axis;
  const magnitudes = arrays.map(
    (array) => flat(max(map(array, Math.abs), array.shape.map(everywhere)))[0] ?? 0,
  );
  if (arrays.some((array) => flat(array).some(Number.isNaN))) return NaN;
  const largest = Math.max(0, ...magnitudes);
  return largest === 0 || !Number.isFinite(largest) ? largest : length(largest);
}

/**
 * The gradients, scaled by a common factor so that their global norm is at most `maxNorm` (Pascanu et al. 2013).
 * PyTorch adds 1e-6 to the norm before it divides.
 *
 * @throws NormtapeError if `maxNorm` is not above 0, or a gradient is not finite, so that it has no direction.
 */
export function clipByGlobalNorm(
  gradients: Gradients,
  maxNorm: number,
  options: Omit<Given<typeof NORM>, 'maxNorm'> = {},
): Gradients {
  const { convention } = resolve('clipByGlobalNorm', NORM, {
    ...plain('clipByGlobalNorm', options),
    maxNorm,
  });
  const norm = globalNorm(demandGradients('clipByGlobalNorm', gradients));
  if (norm === Infinity && [...gradients].every(([, gradient]) => finite(arrayOf(gradient)))) {
    // The gradients are finite, and only their norm overflows.
    const short = mapped(gradients, (array) => scale(array, SMALL));
    const factor = maxNorm / globalNorm(short);
    return mapped(short, (array) => scale(array, factor));
  }
  if (!Number.isFinite(norm)) throw notFinite('clipByGlobalNorm', 'finite gradients', norm);
  const factor = maxNorm / (norm + (convention === 'keras' ? 0 : 1e-6));
  return factor >= 1 ? gradients : mapped(gradients, (array) => scale(array, factor));
}

/**
 * The gradients with every number clipped to ±limit, infinite ones too.
 *
 * @throws NormtapeError if `limit` is not above 0, or a gradient is NaN.
 */
export function clipByValue(gradients: Gradients, limit: number): Gradients {
  resolve('clipByValue', VALUE, { limit });
  const clipped = (x: number): number => {
    if (Number.isNaN(x)) throw notFinite('clipByValue', 'gradients without NaN', x);
    return x > limit ? limit : x < -limit ? -limit : x;
  };
  return mapped(demandGradients('clipByValue', gradients), (array) => map(array, clipped));
}

function notFinite(where: string, expected: string, received: number): NormtapeError {
  const hint = 'detectAnomaly names the op that computed the first such number.';
  return new NormtapeError({ where, expected, received, hint });
}

const mapped = (gradients: Gradients, change: (gradient: NdArray) => NdArray): Gradients =>
  new Gradients(
    new Map([...gradients].map(([leaf, gradient]) => [leaf, new Tensor(change(arrayOf(gradient)))])),
    gradients.intermediate,
  );

function demandGradients(where: string, gradients: unknown): Gradients {
  if (gradients instanceof Gradients) return gradients;
  const hint = 'Pass the gradients that valueAndGrad or a pullback returns.';
  throw new NormtapeError({ where, expected: 'gradients', received: gradients, hint });
}
