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

/** 1 / (1 + z²), which vanishes if z² overflows. */
@inline export function inverse(z: v128, one: v128): v128 {
  return f32x4.div(one, madd32(z, z, one));
}
