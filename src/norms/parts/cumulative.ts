import {
  type Gradients,
  type NdArray,
  type NormalizedBy,
  SHORT,
  type Weights,
  across,
  add,
  areTame,
  broadcastTo,
  cast,
  cumulativeSum,
  div,
  filled,
  flat,
  map,
  mended,
  mendedShort,
  mul,
  normalize,
  normalizeBy,
  onto,
  positiveAxes,
  reshape,
  scale,
  sizeOf,
  sub,
  sum,
  sumOfProducts,
  sumTo,
} from '../../array/index.js';
import { affine } from './affine.js';
import { merged, takenFrom } from './cumulative-steps.js';
import { hiding } from './masked-steps.js';

/** The unit in which no product of a gradient and an x̂ overflows. */
const TINY = 2 ** -500;

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/** x − mean, rounded once if the mean does not fit the dtype of x: it is subtracted in two parts. */
function apart(x: NdArray, mean: NdArray): NdArray {
  const near = cast(mean, x.dtype);
  const once = sub(x, near);
  return x.dtype === 'float64' ? once : sub(once, cast(sub(mean, cast(near, 'float64')), x.dtype));
}

/** γ ⊙ x̂ + β for x̂ = (x − x̄) / √(v + ε), with the mean and the variance of all numbers up to the step of a sample. */
export function standardizeSoFar(
  given: NdArray,
  timeAxis: number,
  epsilon: number,
  mask: NdArray | undefined,
  { gain, shift, along: own }: Weights,
) {
  const { shape, dtype } = given;
  const [time] = positiveAxes(timeAxis, shape.length);
  const within = shape.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== time);
  const laid = across(shape, within);
  const counting = mask && flat(mask);
  const hidden =
    mask &&
    hiding(
      given,
      wide(broadcastTo(reshape(mask, laid), shape)),
      reshape(cumulativeSum(wide(mask), 1, { reverse: false, exclusive: false }), laid),
    );
  const cover = hidden?.cover ?? ((a: NdArray) => a);
  const x = hidden?.x ?? given;

  // The variance of a step is that of its numbers alone, without an ε.
  const recipe = { centered: true, total: 'mean', bound: 'added', epsilon: Number.MIN_VALUE } as const;
  const alone = normalize(x, within, recipe).statistics();
  const steps = shape[time!]!;
  const soFar = merged(alone, steps, sizeOf(shape) / sizeOf(laid), epsilon, counting);
  const spread = (numbers: Float64Array): NdArray => filled(numbers, laid, 'float64');
  const [mean, length] = [spread(soFar.mean), spread(soFar.length)];
  const weights = onto(shape, own);
  /** x̂ in units of SHORT, in which none overflows, in float64. */
  const shortUnit = () => div(sub(scale(wide(x), SHORT), scale(mean, SHORT)), length);

  const fused = areTame(dtype, [gain, shift])
    ? normalizeBy(x, within, soFar, { gain, shift, along: own })
    : undefined;
  let known: ReturnType<typeof twoSteps> | undefined;
  const inTwo = () => (known ??= twoSteps());

  /** x̂ and then γ x̂ + β, where no kernel does both in one pass. */
  function twoSteps() {
    const unit = mended(div(apart(x, mean), cast(length, dtype)), () =>
      cast(scale(shortUnit(), 1 / SHORT), dtype),
    );
    return { unit, ...affine(unit, own, gain, shift) };
  }

  const total = (a: NdArray): Float64Array => flat(wide(sum(a, within))) as Float64Array;

  /** The gradient of x from h, which may be in any unit; `along` is Σ h x̂ over every step in the same. */
  function back(h: NdArray, unit: NdArray, along: NdArray): NdArray {
    const sums = { ofShift: total(h), ofLength: flat(wide(along)) as Float64Array };
    const taken = takenFrom(soFar, steps, sums, counting);
    const to = (numbers: Float64Array) => cast(spread(numbers), h.dtype);
    const centered = sub(h, to(taken.own.offset));
    const own = div(sub(centered, mul(unit, to(taken.own.along))), cast(length, h.dtype));
    return sub(own, sumOfProducts(unit, to(taken.later.along), undefined, to(taken.later.offset)));
  }

  /** The same in tiny units. An x̂ that overflows is one of a step that does not count: nothing is taken along it. */
  function carefully(h: NdArray): NdArray {
    const short = shortUnit();
    const own = map(scale(short, 1 / SHORT), (value) => (Number.isFinite(value) ? value : 0));
    const g = scale(wide(h), TINY);
    return scale(back(g, own, sum(mul(scale(g, 1 / SHORT), short), within)), 1 / TINY);
  }

  /** The gradients in two passes over x, with both parts that statistics take in one. */
  function together({ sums, back: pulledBack }: NormalizedBy, g: NdArray): Gradients {
    const { offset: ofShift, along: ofLength } = sums(g);
    const { own, later } = takenFrom(soFar, steps, { ofShift, ofLength }, counting);
    const both = (name: 'offset' | 'along') =>
      own[name].map((part, i) => (soFar.count[i] === 0 ? 0 : part + soFar.length[i]! * later[name][i]!));
    return pulledBack(g, { offset: both('offset'), along: both('along') });
  }

  /** The same one pass after the other. */
  function oneByOne(g: NdArray): Gradients {
    const { unit, pullback } = inTwo();
    const { x: h, ...others } = pullback(g);
    return { x: cast(back(h, cast(unit, h.dtype), sum(mul(h, unit), within)), dtype), ...others };
  }

  return {
    // An x̂ has no bound where a step does not count: γ or a gradient may bring back one that overflows.
    value: cover(
      mendedShort(fused?.value ?? inTwo().value, (short) => {
        const grown = gain ? mul(shortUnit(), reshape(wide(gain), weights)) : shortUnit();
        return shift ? add(grown, reshape(short(shift), weights)) : grown;
      }),
      NaN,
    ),
    pullback(g: NdArray) {
      const plain = fused ? together(fused, g) : oneByOne(g);
      const dx = mended(plain.x, () => cast(carefully(inTwo().pullback(g).x), dtype));
      const { gain: ofGain } = plain;
      return {
        x: cover(dx, 0),
        gain:
          ofGain &&
          mendedShort(ofGain, (_, to) => reshape(sumTo(mul(to(g), shortUnit()), weights), ofGain.shape)),
        shift: plain.shift,
      };
    },
  };
}
