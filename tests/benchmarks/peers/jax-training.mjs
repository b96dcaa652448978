// Training with jax-js: the whole step, with Adam, is compiled by jit.
import * as jax from '@jax-js/jax';
import { trainedLoss } from '../harness/steps.mjs';

const { jit, numpy: np, tree } = jax;

const RATE = 1e-3;
const [KEPT, KEPT_SQUARE] = [0.9, 0.999];

/** What Adam remembers of an array. */
export const state = (w) => ({ w, mean: np.zeros(w.shape), square: np.zeros(w.shape) });

/** One step of Adam for one array; c and d are the bias corrections. */
export function moved({ w, mean, square }, g, c, d) {
  const m = mean.mul(KEPT).add(g.ref.mul(1 - KEPT));
  const v = square.mul(KEPT_SQUARE).add(np.square(g).mul(1 - KEPT_SQUARE));
  const denominator = np.sqrt(v.ref.mul(d)).add(1e-8);
  return { w: w.sub(m.ref.mul(c).div(denominator).mul(RATE)), mean: m, square: v };
}

export const corrections = (t) => [KEPT, KEPT_SQUARE].map((kept) => np.array(1 / (1 - kept ** t)));

/** A training step for loss(weights, ...inputs), with the weights by name, and the loss after 20 of them. */
export function training(weights, loss, inputs) {
  const slope = jax.valueAndGrad(loss);
  const names = Object.keys(weights);
  const train = jit((states, c, d, ...given) => {
    const current = Object.fromEntries(names.map((name) => [name, states[name].w.ref]));
    const [value, gradients] = slope(current, ...given);
    const next = names.map((name) => [name, moved(states[name], gradients[name], c.ref, d.ref)]);
    c.dispose();
    d.dispose();
    return [value, Object.fromEntries(next)];
  });
  let [states, t] = [tree.map(state, weights), 0];
  const step = async () => {
    const [value, next] = train(states, ...corrections(++t), ...inputs.map((x) => x.ref));
    states = next;
    await jax.blockUntilReady(states);
    return value;
  };
  return {
    step: async () => (await step()).dispose(),
    results: () => trainedLoss(step, (loss) => loss.dataSync()),
    drop: () => tree.dispose([states, inputs]),
  };
}
