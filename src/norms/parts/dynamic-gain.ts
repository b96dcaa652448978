import {
  type NdArray,
  add,
  areTame,
  cast,
  map,
  mended,
  mul,
  onto,
  partDots,
  partGains,
  positiveAxes,
  reshape,
  scale,
  sumTo,
  wideProduct,
  widened,
} from '../../array/index.js';
import { contract } from './affine.js';
import { unitize, unitizeWith } from './normalize.js';
import { splitShape, withinGroup } from './split.js';

/** The weights of y = (t α + γ) x̂ with t = tanh(Σ β x) of a head, along one axis. */
interface GainWeights {
  readonly alpha: NdArray;
  readonly beta: NdArray;
  readonly gamma: NdArray;
}

interface Heads {
  readonly axis: number;
  readonly heads: number;
  readonly epsilon: number;
}

/** The unit in which no product of two numbers overflows. */
const SQUARABLE = 2 ** -520;

/** 1 − tanh² s, with its digits also where tanh s is ±1. */
function slopeOfTanh(s: number): number {
  const decay = Math.exp(-2 * Math.abs(s));
  return (4 * decay) / (1 + decay) ** 2;
}

/** The value, and the gradients of x and the weights, in the dtype of x. */
interface Gained {
  readonly value: NdArray;
  pullback(dy: NdArray): { readonly x: NdArray } & GainWeights;
}

/** y = (γ + t α) x̂ for x̂ = x / N, where each head of neighbouring features has a t of its own. */
export function gainOfInput(x: NdArray, weights: GainWeights, heads: Heads): Gained {
  const { alpha, beta, gamma } = weights;
  const isRows = positiveAxes(heads.axis, x.shape.length)[0] === x.shape.length - 1;
  const isPlain = isRows && areTame(x.dtype, [alpha, beta, gamma]);
  return isPlain ? inRows(x, weights, heads) : inSteps(x, weights, heads);
}

/** The same in few passes over rows; what overflows is taken from the steps. */
function inRows(x: NdArray, weights: GainWeights, all: Heads): Gained {
  const { alpha, beta, gamma } = weights;
  const { axis, heads, epsilon } = all;
  let known: Gained | undefined;
  const steps = () => (known ??= inSteps(x, weights, all));
  const unit = unitize(x, axis, epsilon, 'mean');
  const sums = partDots(x, beta, heads);
  const gained = partGains(unit.value, sums.value.map(Math.tanh), alpha, gamma, heads);
  return {
    value: mended(gained.value, () => steps().value),
    pullback(dy) {
      const pulled = gained.pullback(dy);
      const ofSums = pulled.t.map((t, part) => t * slopeOfTanh(sums.value[part]!));
      const ofX = unit.pullback(pulled.a);
      const ofBeta = sums.pullback(ofSums, ofX);
      let made: ReturnType<Gained['pullback']> | undefined;
      const settled = (plain: NdArray, name: 'x' | keyof GainWeights): NdArray =>
        mended(cast(plain, x.dtype), () => (made ??= steps().pullback(dy))[name]);
      return {
        x: settled(ofX, 'x'),
        alpha: settled(pulled.s, 'alpha'),
        beta: settled(ofBeta, 'beta'),
        gamma: settled(pulled.c, 'gamma'),
      };
    },
  };
}

/** The same one step after the other, along any axis and with weights of any size. */
function inSteps(x: NdArray, { alpha, beta, gamma }: GainWeights, { axis, heads, epsilon }: Heads): Gained {
  const { shape, dtype } = x;
  const laid = onto(shape, axis);
  const [a, b, c] = [alpha, beta, gamma].map((weight) => reshape(weight, laid));
  const split = splitShape(shape, { axis, groups: heads });
  const within = withinGroup(shape, axis);
  const perHead = split.map((n, i) => (i === within ? 1 : n));
  /** Σ p q over the features of a head, in float64. */
  const overHead = (p: NdArray, q: NdArray) => {
    const plain = sumTo(reshape(mul(p, q), split), perHead);
    return mended(cast(plain, 'float64'), () => {
      const [wide, other] = [p, q].map((a) => scale(cast(a, 'float64'), SQUARABLE));
      const sums = sumTo(reshape(mul(wide!, other!), split), perHead);
      return scale(scale(sums, 1 / SQUARABLE), 1 / SQUARABLE);
    });
  };
  /** An array of all features times one number for each head. */
  const times = (p: NdArray, ofHead: NdArray) =>
    reshape(mul(reshape(p, split), cast(ofHead, p.dtype)), shape);

  const unit = unitize(x, axis, epsilon, 'mean');
  const sums = overHead(x, b!);
  const t = map(sums, Math.tanh);
  const moved = times(mul(unit.value, a!), t);
  const plain = unitizeWith(x, axis, epsilon, 'mean', { gain: gamma, along: axis });

  return {
    value: add(plain.value, moved),
    pullback(dy: NdArray) {
      const shifted = wideProduct(dy, a!);
      const ofUnit = add(wideProduct(dy, c!), times(shifted, t));
      const ofSums = mul(overHead(shifted, cast(unit.value, shifted.dtype)), map(sums, slopeOfTanh));
      const own = (gradient: NdArray, like: NdArray) => reshape(cast(gradient, dtype), like.shape);
      // β lies along the heads too.
      const spread = reshape(b!, splitShape(b!.shape, { axis, groups: heads }));
      const ofX = unit.pullback(ofUnit);
      // The gradient of a sum may overflow float32 although what β or x makes of it does not.
      return {
        x: widened(dtype, (to) => add(to(ofX), reshape(mul(to(spread), to(ofSums)), shape))),
        alpha: own(contract(dy, times(unit.value, t), laid), alpha),
        beta: own(
          widened(dtype, (to) => sumTo(times(to(x), ofSums), laid)),
          beta,
        ),
        gamma: own(contract(dy, unit.value, laid), gamma),
      };
    },
  };
}
