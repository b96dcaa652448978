import { demandText } from '../demand.js';
import { type NdArray, dot, full, map, scale, zip } from '../array/index.js';
import type { Regularizer } from '../autograd/parameter.js';
import { lift } from '../autograd/primitive.js';
import type { Differentiated } from '../autograd/rule.js';
import type { Attributes, Tensor } from '../autograd/tape.js';
import { type Options, type Part, type PartOf, type Values, number, resolvePart } from '../option/index.js';

/** A kind of regularizer: its text, its options, and the function that they make. */
export interface RegularizerPart<D extends Options = Options> extends Part<D> {
  make(options: Values<D>): Regularizer | undefined;
}

/** How a regularizer is stated: 'l2', or { type: 'l2', l2: 1e-5 }. */
export type StatedRegularizer = PartOf<typeof regularizers>;

const l1 = (fallback: number) =>
  number(fallback, 'What one unit of magnitude costs.', { min: 0, explore: [0, 0.1] });
const l2 = (fallback: number) =>
  number(fallback, 'What one unit of square costs.', { min: 0, explore: [0, 0.1] });

const define = <D extends Options>(member: RegularizerPart<D>): RegularizerPart<D> => member;

export const regularizers = {
  none: define({ about: 'Costs nothing.', options: {}, make: () => undefined }),

  l1: define({
    about: 'l1 · Σ|w|: pulls weights to 0 (Tibshirani 1996, the lasso).',
    options: { l1: l1(0.01) },
    make: (options) => penalty('l1', options, (w) => absolute(w, options.l1)),
  }),

  l2: define({
    about: 'l2 · Σw²: shrinks weights in proportion (Hoerl and Kennard 1970, ridge regression).',
    options: { l2: l2(0.01) },
    make: (options) => penalty('l2', options, (w) => squared(w, options.l2)),
  }),

  l1_l2: define({
    about: 'l1 · Σ|w| + l2 · Σw² (Zou and Hastie 2005, the elastic net).',
    // As in Keras: the name alone sets both, an object only those that it states.
    options: { l1: l1(0), l2: l2(0) },
    bare: { l1: 0.01, l2: 0.01 },
    make: (options) =>
      penalty('l1_l2', options, (w) => {
        const [a, b] = [absolute(w, options.l1), squared(w, options.l2)];
        return { value: a.value + b.value, slope: zip(a.slope, b.slope, (x, y) => x + y) };
      }),
  }),
};

/**
 * The regularizer of a name, or of an object with its type and options; undefined for 'none'.
 * Throws if there is none of that type, or where an option is wrong.
 */
export function regularizer(stated: StatedRegularizer, where = 'regularizer'): Regularizer | undefined {
  const family: Readonly<Record<string, RegularizerPart>> = regularizers;
  demandText('regularizer: where', where);
  const { member, options } = resolvePart(where, family, stated);
  return member.make(options);
}

/** A penalty, and its slope at each weight. */
interface Cost {
  readonly value: number;
  readonly slope: NdArray;
}

// At 0 the slope of |w| is 0, the middle of its subgradients.
const absolute = (w: NdArray, factor: number): Cost => {
  const sign = map(w, Math.sign);
  return { value: factor * dot(w, sign), slope: scale(sign, factor) };
};

const squared = (w: NdArray, factor: number): Cost => ({
  value: factor * dot(w, w),
  slope: scale(w, 2 * factor),
});

const penalty =
  (op: string, options: Attributes, cost: (w: NdArray) => Cost): Regularizer =>
  (weight: Tensor): Tensor =>
    lift(
      op,
      [weight],
      (w): Differentiated => {
        const { value, slope } = cost(w);
        return {
          value: full([], value, w.dtype),
          pullback: (g) => [zip(slope, g, (s, incoming) => s * incoming)],
        };
      },
      options,
    );
