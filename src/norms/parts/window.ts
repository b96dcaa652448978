import {
  type NdArray,
  cast,
  curve,
  div,
  finite,
  full,
  linear,
  map,
  mended,
  mul,
  overWindow,
  scale,
  square,
  sub,
  windowSum,
  zip,
} from '../../array/index.js';

/** How y = x / D^power is formed, with D = offset + factor · Σ x² over a window around each number along the axis. */
interface WindowRecipe {
  readonly axis: number;
  /** The numbers of the window before and after its middle. */
  readonly before: number;
  readonly after: number;
  readonly factor: number;
  readonly offset: number;
  readonly power: number;
}

/** The unit in which no square overflows float64. */
const UNIT = 2 ** -520;

/**
 * y = x / P with P = D^power. Where P overflows, the numbers in the window are computed again in float64. With z = √factor
 * · x, D = offset + Σ z², so that no square overflows that factor brings back.
 */
export function divideByWindow(x: NdArray, recipe: WindowRecipe) {
  const { axis, factor, power } = recipe;
  const quarters = 4 * power;
  const inPass = isProductOfRoots(quarters)
    ? overWindow(x, axis, { ...recipe, factor: Math.sqrt(factor), quarters })
    : undefined;
  return inPass ? mendedByWindow(x, recipe, inPass) : inSteps(x, recipe);
}

/** Powers in quarters, up to 7, are products of roots. */
const isProductOfRoots = (quarters: number): boolean =>
  Number.isInteger(quarters) && quarters > 0 && quarters <= 7;

/** The same with what left the range of the dtype computed again in float64. */
function mendedByWindow(x: NdArray, recipe: WindowRecipe, { value, pullback }: OverWindow): OverWindow {
  let made: ReturnType<typeof inWideUnits> | undefined;
  const careful = () => (made ??= inWideUnits(cast(x, 'float64'), recipe));
  return {
    value: mended(value, () => cast(careful().value, x.dtype)),
    pullback: (g) => mended(pullback(g), () => cast(careful().pullback(cast(g, 'float64')), x.dtype)),
  };
}

/** x / P, with the backward pass. */
interface OverWindow {
  readonly value: NdArray;
  pullback(g: NdArray): NdArray;
}

/** The same one array after the other, for other axes, powers and windows. */
function inSteps(x: NdArray, recipe: WindowRecipe): OverWindow {
  const { factor, power } = recipe;
  const z = scale(x, Math.sqrt(factor));
  const divisor = divisorOf(z, recipe);
  const root = powerOf(divisor, power);
  let made: ReturnType<typeof inWideUnits> | undefined;
  const careful = () => (made ??= inWideUnits(cast(x, 'float64'), recipe));
  const isNear = finite(root);
  const far = () => map(root, (p) => +!Number.isFinite(p));
  const without = (a: NdArray, places: () => NdArray) =>
    isNear ? a : zip(a, places(), (number, isFar) => (isFar > 0 ? NaN : number));
  return {
    value: mended(without(div(x, root), far), () => cast(careful().value, x.dtype)),
    // dx = dy / P − z Σ 2 power (dy / P) (z / D) over the windows that hold x.
    pullback(g: NdArray): NdArray {
      const part = div(g, root);
      const turned = mul(part, scale(div(z, divisor), 2 * power));
      return mended(
        without(sub(part, mul(z, holding(turned, recipe))), () => holding(far(), recipe)),
        () => cast(careful().pullback(cast(g, 'float64')), x.dtype),
      );
    },
  };
}

/** The sum over the window around each number, and the sum over those whose window holds it. */
const around = (a: NdArray, { axis, before, after }: WindowRecipe) => windowSum(a, axis, before, after);
const holding = (a: NdArray, { axis, before, after }: WindowRecipe) => windowSum(a, axis, after, before);

/** D = offset + Σ z². */
const divisorOf = (z: NdArray, recipe: WindowRecipe): NdArray =>
  linear(around(square(z), recipe), 1, recipe.offset);

/** D^power: quarters by square roots, which is faster and rounds less than by the logarithm. */
function powerOf(divisor: NdArray, power: number): NdArray {
  const quarters = 4 * power;
  if (quarters !== 0 && !isProductOfRoots(quarters)) return curve('exp', scale(curve('log', divisor), power));
  if (quarters === 0) return full(divisor.shape, 1, divisor.dtype);
  const root = curve('sqrt', divisor);
  const factors = [
    ...(quarters & 4 ? [divisor] : []),
    ...(quarters & 2 ? [root] : []),
    ...(quarters & 1 ? [curve('sqrt', root)] : []),
  ];
  return factors.reduce(mul);
}

/** The same in float64 by logarithms, with squares in small units if they overflow. */
function inWideUnits(x: NdArray, recipe: WindowRecipe) {
  const { factor, offset, power } = recipe;
  const z = scale(x, Math.sqrt(factor));
  const small = scale(x, UNIT * Math.sqrt(factor));
  const smallDivisor = linear(around(square(small), recipe), 1, offset * UNIT * UNIT);
  const divisor = divisorOf(z, recipe);
  // 1 / P may vanish though a product with it does not.
  const half = zip(divisor, smallDivisor, (d, s) => {
    const logarithm = Number.isFinite(d) ? Math.log(d) : Math.log(s) - 2 * Math.log(UNIT);
    return Math.exp((-power / 2) * logarithm);
  });
  const over = (a: NdArray) => mul(mul(a, half), half);
  return {
    value: over(x),
    pullback(g: NdArray): NdArray {
      const part = over(g);
      const turned = (a: NdArray, by: NdArray, isNear: boolean) => {
        const quotient = scale(div(a, by), 2 * power);
        const chosen = zip(quotient, divisor, (q, d) => (Number.isFinite(d) === isNear ? q : 0));
        return mul(a, holding(mul(part, chosen), recipe));
      };
      // A z that overflows lies in no window of a finite D.
      const near = map(z, (value) => (Number.isFinite(value) ? value : 0));
      return sub(sub(part, turned(near, divisor, true)), turned(small, smallDivisor, false));
    },
  };
}
