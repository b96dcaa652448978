// The inverse square root unit z / √(1 + z²) in float32, and its slope 1 / √(1 + z²)³.
import { madd32 } from './vectors';

/**
 * z / √(1 + z²) of four numbers. It is ±1 to the last bit long before z² overflows, and never above 1: the root of the
 * square of a number, both rounded, is that number.
 */
@inline export function isru(z: v128, one: v128): v128 {
  const v = f32x4.pmax(f32x4.pmin(z, f32x4.splat(1099511627776)), f32x4.splat(-1099511627776));
  return f32x4.div(v, f32x4.sqrt(madd32(v, v, one)));
}

/** 1 / (1 + z²). Beyond 2⁶², where z² may overflow although its inverse does not vanish, z is scaled by h = 2⁻⁴⁰. */
@inline export function inverse(z: v128, one: v128): v128 {
  const far = f32x4.gt(f32x4.abs(z), f32x4.splat(4611686018427387904));
  const h = v128.bitselect(f32x4.splat(9.094947017729282e-13), one, far);
  const squared = f32x4.mul(h, h), scaled = f32x4.mul(z, h);
  return f32x4.div(squared, madd32(scaled, scaled, squared));
}
