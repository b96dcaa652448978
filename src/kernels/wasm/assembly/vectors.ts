// Shared by the kernels: conversion of float32 to float64 lanes, and sums of lanes.

@inline export function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline export function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

@inline export function total64(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** One number, as float64, whatever it is stored as. */
@inline export function read<T extends number>(from: usize): f64 {
  return <f64>load<T>(from);
}

/** Two pairs of float64 as four float32. */
@inline export function narrow(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

/** a·b + c, rounded once if the build allows it. */
@inline export function madd32(a: v128, b: v128, c: v128): v128 {
  if (isDefined(RELAXED)) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b, rounded once if the build allows it. */
@inline export function nmadd32(a: v128, b: v128, c: v128): v128 {
  if (isDefined(RELAXED)) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

@inline export function madd64(a: v128, b: v128, c: v128): v128 {
  if (isDefined(RELAXED)) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

@inline export function madd<T extends number>(a: v128, b: v128, c: v128): v128 {
  return sizeof<T>() == 4 ? madd32(a, b, c) : madd64(a, b, c);
}

/** (x − hi) · r − lo·r, where `less` is −lo·r. */
@inline export function unit(x: v128, hi: v128, less: v128, r: v128): v128 {
  return madd32(f32x4.sub(x, hi), r, less);
}

/** x − center if `centered`, otherwise x. */
@inline export function difference(x: v128, center: v128, centered: bool): v128 {
  return centered ? f32x4.sub(x, center) : x;
}
