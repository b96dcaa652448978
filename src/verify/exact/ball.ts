import type { Field } from './field.js';
import { type Wide, wide } from './wide.js';

/** A number, and how far from it the same computation may have come in arithmetic that rounds. */
export interface Ball {
  readonly value: Wide;
  readonly error: Wide;
}

const [ZERO, HALF, TWO] = [wide.of(0), wide.of(0.5), wide.of(2)] as const;
/** Sums in another order, and fused steps, may be off by some times the error of a ball. */
const TIE_ROOM = wide.of(8);
/** The error of a result that nothing is known about. */
const ENDLESS: Wide = { m: 1n, e: 1e6 };

/**
 * Computes without rounding, with a bound for the error of rounding every operation, to first order: the running error
 * analysis of Wilkinson (1963). A rounding is a factor of 1 ± u, and for products and quotients up to the smallest
 * number there is. Squares are let off that, and nothing overflows: rows are meant to be scaled before they are squared.
 */
export function balls(u: number, smallest: number): Field<Ball> {
  const underflow = wide.of(smallest);
  const roundoff = wide.of(u);
  const { abs } = wide;
  const ball = (value: Wide, ...errors: readonly Wide[]): Ball => {
    let error = wide.mul(abs(value), roundoff);
    for (const part of errors) error = wide.add(error, part);
    return { value, error: wide.rough(error) };
  };
  /** Whether the error leaves little of a number: then the first order says nothing. */
  const unsure = ({ value, error }: Ball): boolean => wide.exceeds(wide.add(error, error), abs(value));
  const rounding = ({ value }: Ball): Wide => wide.mul(abs(value), roundoff);
  /** The least magnitude within the error. */
  const nearest = ({ value, error }: Ball): Wide =>
    wide.exceeds(error, abs(value)) ? ZERO : wide.sub(abs(value), error);
  const times = (a: Wide, b: Wide): Wide => wide.mul(abs(a), b);
  return {
    of: (x) => ({ value: wide.of(x), error: wide.of(0) }),
    number: ({ value }) => wide.number(value),
    // Of a sum in another order, partial sums may be as large as what is added.
    add: (a, b) => ball(wide.add(a.value, b.value), a.error, b.error, rounding(a), rounding(b)),
    sub: (a, b) => ball(wide.sub(a.value, b.value), a.error, b.error, rounding(a), rounding(b)),
    mul: (a, b) =>
      ball(
        wide.mul(a.value, b.value),
        times(a.value, b.error),
        times(b.value, a.error),
        ...(a.value === b.value ? [] : [underflow]),
      ),
    div(a, b) {
      if (b.value.m === 0n) return { value: ZERO, error: ENDLESS };
      const value = wide.div(a.value, b.value);
      if (unsure(b)) return { value, error: ENDLESS };
      return ball(
        value,
        underflow,
        abs(wide.div(a.error, b.value)),
        abs(wide.div(times(value, b.error), b.value)),
      );
    },
    sqrt(x) {
      const value = wide.sqrt(x.value);
      return ball(
        value,
        unsure(x) || value.m === 0n ? wide.sqrt(wide.add(x.error, x.error)) : wide.div(x.error, value),
      );
    },
    exp(x) {
      const value = wide.exp(x.value);
      return wide.exceeds(x.error, HALF)
        ? { value, error: ENDLESS }
        : ball(value, times(value, x.error), times(value, x.error));
    },
    log(x) {
      const value = wide.log(x.value);
      return unsure(x)
        ? { value, error: ENDLESS }
        : ball(value, abs(wide.div(x.error, x.value)), abs(wide.div(x.error, x.value)));
    },
    tanh: (x) => ball(wide.tanh(x.value), wide.exceeds(x.error, HALF) ? TWO : x.error),
    // Commonly 1 − tanh², which is off by roundings of 1.
    sech2: (x) => ball(wide.sech2(x.value), times(TWO, x.error), wide.of(2 * u)),
    sin: (x) => ball(wide.sin(x.value), wide.exceeds(x.error, TWO) ? TWO : x.error),
    cos: (x) => ball(wide.cos(x.value), wide.exceeds(x.error, TWO) ? TWO : x.error),
    // The slope is nowhere steeper than at the point nearest to 0.
    erf(x) {
      const reach = wide.mul(wide.bell(nearest(x)), x.error);
      return ball(wide.erf(x.value), underflow, wide.exceeds(reach, TWO) ? TWO : reach);
    },
    // Its exponent −x² is rounded, and off by what x is off: a factor of exp(±d), which is within 2d of 1 up to d = ½.
    bell(x) {
      const value = wide.bell(x.value);
      const square = wide.mul(x.value, x.value);
      const off = wide.mul(x.error, wide.add(times(x.value, TWO), x.error));
      const d = wide.add(off, wide.mul(square, roundoff));
      return wide.exceeds(d, HALF)
        ? ball(value, underflow, wide.bell(nearest(x)))
        : ball(value, underflow, wide.mul(value, wide.mul(d, TWO)));
    },
    exceeds: (a, b) => wide.exceeds(a.value, b.value),
    larger: (a, b) => ({
      value: wide.exceeds(b.value, a.value) ? b.value : a.value,
      error: wide.exceeds(b.error, a.error) ? b.error : a.error,
    }),
    // Rounding decides which of two that are this close is the larger, or whether they tie.
    tie(a, b) {
      const room = wide.mul(TIE_ROOM, wide.add(a.error, b.error));
      const apart = abs(wide.sub(a.value, b.value));
      if (wide.exceeds(apart, room)) return undefined;
      return { value: HALF, error: room.m === 0n ? ZERO : HALF };
    },
  };
}
