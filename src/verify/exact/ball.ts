import type { Field } from './field.js';
import { type Wide, wide } from './wide.js';

/** A number, and how far from it the same computation may have come in arithmetic that rounds. */
export interface Ball {
  readonly value: Wide;
  readonly error: Wide;
}

const HALF = wide.of(0.5);
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
  const abs = (x: Wide): Wide => (x.m < 0n ? { m: -x.m, e: x.e } : x);
  const ball = (value: Wide, ...errors: readonly Wide[]): Ball => {
    let error = wide.mul(abs(value), roundoff);
    for (const part of errors) error = wide.add(error, part);
    return { value, error: wide.rough(error) };
  };
  /** Whether the error leaves little of a number: then the first order says nothing. */
  const unsure = ({ value, error }: Ball): boolean => wide.exceeds(wide.add(error, error), abs(value));
  const rounding = ({ value }: Ball): Wide => wide.mul(abs(value), roundoff);
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
      return ball(value, unsure(x) ? wide.sqrt(wide.add(x.error, x.error)) : wide.div(x.error, value));
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
    tanh: (x) => ball(wide.tanh(x.value), wide.exceeds(x.error, HALF) ? wide.of(2) : x.error),
    // Commonly 1 − tanh², which is off by roundings of 1.
    sech2: (x) => ball(wide.sech2(x.value), times(wide.of(2), x.error), wide.of(2 * u)),
    exceeds: (a, b) => wide.exceeds(a.value, b.value),
  };
}
