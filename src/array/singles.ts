import type { Recipe } from '../kernels/index.js';
import { add, curve, div, linear, map, scale, square, sub, within, zip3 } from './arithmetic.js';
import { type NdArray, demandShapeOf, full } from './array.js';
import { cast, flat } from './contiguous.js';
import type { Gradients, Normalized } from './normalized.js';
import { SHORT, mended } from './range.js';

/** The sizes from and to which a square stays in the range of float64. */
const [LEAST, MOST] = [2 ** -500, 2 ** 500];

type Scalar = (x: number) => number;

/** √(x² + ε), in other units, a power of two, if a square would leave the range. */
function hypotenuse(epsilon: number): Scalar {
  const least = epsilon < LEAST ? LEAST : 0;
  return (x) => {
    const size = Math.abs(x);
    if (size >= least && size <= MOST) return Math.sqrt(x * x + epsilon);
    const unit = size > MOST ? 2 ** -600 : 2 ** 600;
    const own = x * unit;
    return Math.sqrt(own * own + epsilon * unit * unit) / unit;
  };
}

/** √(x² + ε) of float64 by compiled kernels, to the bit of `hypotenuse`; undefined if a square might leave the range. */
const hypotenuses = (x: NdArray, epsilon: number): NdArray | undefined =>
  epsilon >= LEAST && within(x, MOST) ? curve('sqrt', linear(square(x), 1, epsilon)) : undefined;

/** N and its slope, from x and N; the slope is 0 if a bound holds N constant. */
interface Length {
  readonly of: Scalar;
  readonly slope: (x: number, length: number) => number;
}

function lengthBy({ bound, epsilon }: Recipe): Length {
  const added = hypotenuse(epsilon);
  const root = Math.sqrt(epsilon);
  switch (bound) {
    case 'added':
      return { of: added, slope: (x, N) => x / N };
    case 'clamped':
      return { of: (x) => Math.max(added(x), epsilon), slope: (x, N) => (added(x) < epsilon ? 0 : x / N) };
    case 'floor':
      return { of: (x) => Math.max(Math.abs(x), root), slope: (x, N) => (Math.abs(x) < root ? 0 : x / N) };
    case 'rootFloor':
      return {
        of: (x) => Math.max(Math.abs(x), epsilon),
        slope: (x, N) => (Math.abs(x) < epsilon ? 0 : x / N),
      };
    case 'rootAdded':
      return { of: (x) => Math.abs(x) + epsilon, slope: Math.sign };
  }
}

/**
 * Groups of one number, without their measures, of which there would be several for every x. If the recipe centers,
 * x̂ and its gradient are x − x, which is 0 or NaN.
 */
export class Singles implements Normalized {
  readonly value: NdArray;
  readonly #by: Length;
  /** N in float64, if x̂ was computed from it. */
  readonly #lengths: NdArray | undefined;

  constructor(
    readonly x: NdArray,
    readonly recipe: Recipe,
  ) {
    this.#by = lengthBy(recipe);
    const { of } = this.#by;
    const wide = !recipe.centered && recipe.bound === 'added' ? cast(x, 'float64') : undefined;
    this.#lengths = wide && hypotenuses(wide, recipe.epsilon);
    if (wide && this.#lengths) this.value = cast(div(wide, this.#lengths), x.dtype);
    else this.value = recipe.centered ? sub(x, x) : map(x, (v) => v / of(v));
  }

  get center(): NdArray {
    return this.recipe.centered ? this.x : full(this.x.shape, 0, this.x.dtype);
  }

  get power(): NdArray {
    return square(this.#offset(this.x));
  }

  powerShare(share: number): NdArray {
    const wide = this.#offset(cast(this.x, 'float64'));
    return mended(scale(square(wide), share), () => map(wide, (v) => share * v * v));
  }

  get length(): NdArray {
    return this.#lengths ? cast(this.#lengths, this.x.dtype) : map(this.#offset(this.x), this.#by.of);
  }

  get short(): NdArray {
    return scale(this.#lengths ?? this.moments().length, SHORT);
  }

  moments() {
    const wide = cast(this.x, 'float64');
    const center = this.recipe.centered ? wide : full(wide.shape, 0, 'float64');
    return { center, length: this.#lengths ?? map(this.#offset(wide), this.#by.of) };
  }

  statistics() {
    const { center } = this.moments();
    const sizes = map(this.#offset(cast(this.x, 'float64')), Math.abs);
    return { center: Float64Array.from(flat(center)), deviation: Float64Array.from(flat(sizes)) };
  }

  back(gradient: NdArray, ofLength?: NdArray): Gradients {
    const { x, recipe } = this;
    demandShapeOf('Normalized.back.gradient', gradient, x.shape);
    if (ofLength) demandShapeOf('Normalized.back.ofLength', ofLength, x.shape);
    if (recipe.centered) {
      const none = add(sub(x, x), sub(gradient, gradient));
      return { x: cast(ofLength ? add(none, sub(ofLength, ofLength)) : none, x.dtype) };
    }
    const { of, slope } = this.#by;
    const pulled = (v: number, g: number, pushed: number): number => {
      const length = of(v);
      const moved = slope(v, length);
      return (g - moved * ((v / length) * g)) / length + pushed * moved;
    };
    const alone = (v: number, g: number): number => pulled(v, g, 0);
    // The gradient may come in float64, with numbers that float32 does not hold.
    return { x: ofLength ? zip3(x, gradient, ofLength, pulled) : zip3(x, gradient, x, alone) };
  }

  /** x − x̄. */
  #offset(x: NdArray): NdArray {
    return this.recipe.centered ? sub(x, x) : x;
  }
}
