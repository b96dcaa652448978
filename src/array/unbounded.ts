import { add, map, mul, scale, sub, zip, zip3 } from './arithmetic.js';
import { type Dtype, type NdArray, type Shape } from './array.js';
import { broadcastTo } from './broadcast.js';
import { cast, reshape } from './contiguous.js';
import { max, sumTo } from './reduce.js';

/** The exponent of 0, below that of all numbers; that of NaN and ∞ is as far above. */
const LEAST = -(2 ** 40);

/** v 2ᵏ; 2ᵏ alone may overflow or vanish. */
function times2(v: number, k: number): number {
  if (k > -1000 && k < 1000) return v * 2 ** k;
  const within = Math.max(-2200, Math.min(2200, k));
  const third = Math.trunc(within / 3);
  return v * 2 ** third * 2 ** third * 2 ** (within - 2 * third);
}

function exponentOf(v: number): number {
  if (v === 0) return LEAST;
  return Number.isFinite(v) ? Math.floor(Math.log2(Math.abs(v))) : -LEAST;
}

/**
 * An array of numbers m 2ᵉ, with m in float64 and e beside it: no product, quotient, sum or root of them overflows or
 * vanishes, and each is rounded as in float64. Far slower than the numbers of an array: for what leaves their range.
 */
export class Unbounded {
  private constructor(
    readonly mantissa: NdArray,
    readonly exponent: NdArray,
  ) {}

  static of(a: NdArray): Unbounded {
    const wide = cast(a, 'float64');
    return Unbounded.#settled(wide, scale(wide, 0), map(wide, exponentOf));
  }

  /** m 2ᵉ with a mantissa near 1, from the exponent of m. */
  static #settled(m: NdArray, e: NdArray, own = map(m, exponentOf)): Unbounded {
    const isOwn = map(own, (k) => Number(Math.abs(k) !== -LEAST));
    return new Unbounded(
      zip3(m, own, isOwn, (v, k, on) => (on === 1 ? times2(v, -k) : v)),
      zip3(e, own, isOwn, (k, added, on) => (on === 1 ? k + added : added)),
    );
  }

  get shape(): Shape {
    return this.mantissa.shape;
  }

  times(other: Unbounded): Unbounded {
    return Unbounded.#settled(mul(this.mantissa, other.mantissa), add(this.exponent, other.exponent));
  }

  over(other: Unbounded): Unbounded {
    return this.times(
      new Unbounded(
        map(other.mantissa, (m) => 1 / m),
        scale(other.exponent, -1),
      ),
    );
  }

  plus(other: Unbounded): Unbounded {
    const exponent = zip(this.exponent, other.exponent, Math.max);
    return Unbounded.#settled(add(this.#under(exponent), other.#under(exponent)), exponent);
  }

  minus(other: Unbounded): Unbounded {
    return this.plus(other.negative());
  }

  negative(): Unbounded {
    return new Unbounded(scale(this.mantissa, -1), this.exponent);
  }

  root(): Unbounded {
    const even = map(this.exponent, (e) => 2 * Math.floor(e / 2));
    const m = zip3(this.mantissa, this.exponent, even, (v, e, k) => Math.sqrt(v * 2 ** (e - k)));
    return Unbounded.#settled(m, scale(even, 1 / 2));
  }

  /** These numbers where `on` is not 0, and 0 elsewhere, whatever is there. */
  only(on: NdArray): Unbounded {
    const where = broadcastTo(cast(on, 'float64'), this.shape);
    return new Unbounded(
      zip(this.mantissa, where, (v, some) => (some === 0 ? 0 : v)),
      zip(this.exponent, where, (e, some) => (some === 0 ? LEAST : e)),
    );
  }

  /** Sums it to a smaller shape, over the axes that are 1 there. */
  sumTo(shape: Shape): Unbounded {
    const axes = this.shape.flatMap((n, axis) => (shape[axis] === n ? [] : [axis]));
    const exponent = max(this.exponent, axes);
    return Unbounded.#settled(sumTo(this.#under(exponent), shape), exponent);
  }

  reshape(shape: Shape): Unbounded {
    return new Unbounded(reshape(this.mantissa, shape), reshape(this.exponent, shape));
  }

  broadcastTo(shape: Shape): Unbounded {
    return new Unbounded(broadcastTo(this.mantissa, shape), broadcastTo(this.exponent, shape));
  }

  /** The numbers in a dtype, which may not hold them. */
  rounded(dtype: Dtype): NdArray {
    return cast(zip(this.mantissa, this.exponent, times2), dtype);
  }

  /** The mantissas that belong to other exponents. */
  #under(exponent: NdArray): NdArray {
    return zip(this.mantissa, sub(this.exponent, exponent), times2);
  }
}
