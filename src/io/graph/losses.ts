import { binary, reduce, reshape, softmax, unary } from './builder.js';
import type { Translations } from './translation.js';
import type { Node } from './node.js';

const add = (a: Node | number, b: Node | number): Node => binary('add', a, b);
const sub = (a: Node | number, b: Node | number): Node => binary('sub', a, b);
const mul = (a: Node | number, b: Node | number): Node => binary('mul', a, b);

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which does not overflow. */
export const softplus = (x: Node): Node =>
  add(binary('maximum', x, 0), unary('log', add(1, unary('exp', mul(-1, unary('abs', x))))));

/** The mean or the sum over all samples, or all of them. */
function reduced(losses: Node, reduction: unknown): Node {
  if (reduction === 'none') return losses;
  const all = losses.shape.map((_, axis) => axis);
  return reshape(reduce(reduction === 'mean' ? 'mean' : 'sum', losses, all), []);
}

/** A loss of single predictions x and targets t, as the mean over the last axis or for each element. */
const elementwise =
  (loss: (x: Node, t: Node, attributes: Readonly<Record<string, unknown>>) => Node) =>
  ([x, t]: readonly Node[], attributes: Readonly<Record<string, unknown>>): Node => {
    const each = loss(x!, t!, attributes);
    const isKeras = attributes['convention'] === 'keras' && each.shape.length > 0;
    const samples = isKeras ? reshape(reduce('mean', each, -1), each.shape.slice(0, -1)) : each;
    return reduced(samples, attributes['reduction']);
  };

const demandPlain = (translate: Translations[string]['nodes']): Translations[string] => ({
  refuses: (attributes) =>
    attributes['isWeighted'] === true || attributes['isWeighing'] === true
      ? 'weights of samples or classes'
      : undefined,
  nodes: translate,
});

/** The losses of the package, without weights of samples or classes. */
export const losses: Translations = {
  meanSquaredError: demandPlain(
    elementwise((x, t) => {
      const offset = sub(x, t);
      return mul(offset, offset);
    }),
  ),
  meanAbsoluteError: demandPlain(elementwise((x, t) => unary('abs', sub(x, t)))),
  huber: demandPlain(
    elementwise((x, t, { delta }) => {
      const distance = unary('abs', sub(x, t));
      const near = binary('minimum', distance, delta as number);
      // min² / 2 + δ (|d| − min): a square within δ, and a line beyond.
      return add(mul(0.5, mul(near, near)), mul(delta as number, sub(distance, near)));
    }),
  ),
  binaryCrossEntropyWithLogits: demandPlain(
    elementwise((x, t, { labelSmoothing }) => {
      const smoothing = labelSmoothing as number;
      const z = smoothing === 0 ? t : add(mul(t, 1 - smoothing), smoothing / 2);
      // −z ln σ(x) − (1 − z) ln(1 − σ(x)) = softplus(x) − z x.
      return sub(softplus(x), mul(z, x));
    }),
  ),
  crossEntropy: demandPlain(([logits, targets], { reduction }) => {
    const shares = mul(targets!, softmax('logSoftmax', logits!, -1));
    const samples = mul(-1, reduce('sum', shares, -1));
    return reduced(reshape(samples, samples.shape.slice(0, -1)), reduction);
  }),
};
