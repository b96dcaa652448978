import { primitive } from '../autograd/primitive.js';
import { curved } from './curve.js';

/**
 * √a, for a ≥ 0: d√a = da / (2√a). At 0 the derivative is infinite, but an incoming gradient of 0 stays 0 there, so
 * that it does not become NaN.
 */
export const sqrt = primitive('sqrt', curved('sqrt'), { from: 0.25, to: 3 });

/** eᵃ: d eᵃ = eᵃ·da. */
export const exp = primitive('exp', curved('exp'));

/** ln a, for a > 0: d ln a = da / a. */
export const log = primitive('log', curved('log'), { from: 0.25, to: 3 });

/** |a|: d|a| = sign(a)·da, and 0 at 0. */
export const abs = primitive('abs', curved('abs'), { from: -3, to: 3, corners: [0] });

/** sin a: d sin a = cos a·da. */
export const sin = primitive('sin', curved('sin'));

/** cos a: d cos a = −sin a·da. */
export const cos = primitive('cos', curved('cos'));

/** The error function, 2/√π ∫₀ᵃ exp(−t²) dt: d erf a = 2/√π exp(−a²)·da. */
export const erf = primitive('erf', curved('erf'));
