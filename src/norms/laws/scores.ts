import {
  add,
  distance,
  div,
  full,
  map,
  max,
  mean,
  mul,
  reshape,
  scale,
  square,
  sub,
  sum,
} from '../../array/index.js';
import { type Invariant, type WithEpsilon, count, exactly, u, wide } from '../trial.js';

// Laws of the scores that logits are given, and of responses that compete.

interface WithAxis {
  readonly axis: number;
}

export const cosineTimesLength: Invariant<WithAxis> = {
  claim: 'The largest cosine times the length is the largest logit.',
  deviation: ({ x, options: { axis }, run }) => {
    const [, cosine, length] = run(x).map(wide);
    const largest = wide(max(x, axis));
    return distance(reshape(mul(cosine!, length!), largest.shape), largest);
  },
  bound: (trial) => 4 * u(trial) * distance(trial.x, full([], 0, trial.x.dtype)),
};

export const combinedScore: Invariant<{ readonly constant: number }> = {
  claim: 'The combined score is k times the cosine, plus the length.',
  deviation: ({ x, options: { constant }, run }) => {
    const [combined, cosine, length] = run(x).map(wide);
    const claimed = add(scale(cosine!, constant), length!);
    return distance(div(sub(combined!, claimed), length!), full([], 0, 'float64'));
  },
  // Relative to the length, which is at least |k c| / k: |c| is at most 1, and ε keeps the length from 0.
  bound: ({ x, options: { constant }, run }) =>
    4 * u({ x }) * (1 + constant / Math.min(...wide(run(x)[2]!).data)),
};

export const cosineLaw: Invariant<WithAxis & WithEpsilon> = {
  claim: 'The square of the cosine is q² / (Σx² + ε), where q is the largest logit.',
  deviation: ({ x, options: { axis, epsilon }, run }) => {
    const q = wide(max(x, axis));
    const claimed = div(
      square(q),
      map(sum(square(wide(x)), axis), (total) => total + epsilon),
    );
    return distance(reshape(square(wide(run(x)[0])), q.shape), claimed);
  },
  bound: (trial) => (count(trial, trial.options.axis) + 12) * u(trial),
};

export const lengthLaw: Invariant<WithAxis & WithEpsilon> = {
  claim: 'The square of the length is Σx² + ε.',
  deviation: ({ x, options: { axis, epsilon }, run }) => {
    const squared = map(sum(square(wide(x)), axis), (total) => total + epsilon);
    const relative = div(sub(reshape(square(wide(run(x)[0])), squared.shape), squared), squared);
    return distance(relative, full([], 0, 'float64'));
  },
  bound: (trial) => (count(trial, trial.options.axis) + 12) * u(trial),
};

export const sameTwice: Invariant<unknown> = {
  claim: 'Both outputs hold the same numbers.',
  deviation: ({ x, run }) => {
    const [one, other] = run(x);
    return distance(one, reshape(other!, one.shape));
  },
  bound: exactly,
};

export const responseMean: Invariant<WithEpsilon> = {
  claim: 'Over the channels the responses N average μ / (μ + ε), a little below 1: channels compete.',
  // With γ at 1 and β at 0 the response is y / x − 1; away from 0 that can be measured.
  deviation: ({ x, options: { epsilon }, run }) => {
    const away = map(x, (a) => Math.abs(a) + 1);
    const spatial = x.shape.map((_, axis) => axis).slice(1, -1);
    const strength = map(sum(square(wide(away)), spatial), (q) => Math.sqrt(q + epsilon));
    const response = map(div(wide(run(away)[0]), wide(away)), (ratio) => ratio - 1);
    return distance(
      mean(response, -1),
      map(mean(strength, -1), (mu) => mu / (mu + epsilon)),
    );
  },
  bound: (trial) => (count(trial) + 24) * (trial.x.shape.at(-1)! + 1) * u(trial),
};
