import {
  add,
  distance,
  div,
  flat,
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
import type { Invariant } from '../law.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { inner, relative, rows, worst } from './groups.js';

// Laws of the scores that logits are given, and of responses that compete.

interface WithAxis {
  readonly axis: number;
}

export const cosineTimesLength: Invariant<WithAxis> = {
  claim: 'The largest cosine times the length is the largest logit.',
  corollary: true,
  deviation: ({ x, options: { axis }, run }) => {
    const [, cosine, length] = run(x).map(wide);
    const largest = wide(max(x, axis));
    return distance(reshape(mul(cosine!, length!), largest.shape), largest);
  },
  bound: (trial) => 4 * u(trial) * distance(trial.x, full([], 0, trial.x.dtype)),
};

export const combinedScore: Invariant<{ readonly constant: number }> = {
  claim: 'The combined score is k times the cosine, plus the length.',
  corollary: true,
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
  corollary: true,
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
  corollary: true,
  deviation: ({ x, options: { axis, epsilon }, run }) => {
    const squared = map(sum(square(wide(x)), axis), (total) => total + epsilon);
    const relative = div(sub(reshape(square(wide(run(x)[0])), squared.shape), squared), squared);
    return distance(relative, full([], 0, 'float64'));
  },
  bound: (trial) => (count(trial, trial.options.axis) + 12) * u(trial),
};

export const lengthAtLeast: Invariant<WithEpsilon> = {
  claim: 'The length is at least √ε.',
  corollary: true,
  deviation: ({ x, options: { epsilon }, run }) =>
    worst([...flat(wide(run(x).at(-1)!))].map((length) => Math.max(0, Math.sqrt(epsilon) - length))),
  // Both roots are rounded once.
  bound: (trial) => 2 * u(trial) * Math.sqrt(trial.options.epsilon),
};

/** A law for a norm that has the length as these of its outputs. */
export const lengthGradient = (...at: readonly number[]): Invariant<WithAxis & WithEpsilon> => ({
  claim: 'The gradient of the length N is x / N.',
  corollary: true,
  deviation: (trial) => {
    const { x, options, linearize, normal } = trial;
    const { outputs, pullback } = linearize(x);
    const seeds = outputs.map(({ shape }, i) =>
      at.includes(i) ? normal(shape, i) : full(shape, 0, x.dtype),
    );
    const dx = rows(pullback(seeds).x, options.axis);
    const pushed = at.map((i) => flat(wide(seeds[i]!)));
    return worst(
      rows(x, options.axis).flatMap((row, group) => {
        const length = Math.sqrt(inner(row, row) + options.epsilon);
        const [g, all] = [(k: number) => k, Math.abs].map((size) =>
          pushed.reduce((sum, seed) => sum + size(seed[group]!), 0),
        );
        return [...row].map((value, i) =>
          relative(
            dx[group]![i]! - (g! * value) / length,
            ((row.length + 12) * all! * Math.abs(value)) / length,
          ),
        );
      }),
    );
  },
  bound: u,
});

/** A law for a norm that has the largest cosine as this one of its outputs. */
export const cosineGradient = (at: number): Invariant<WithAxis & WithEpsilon> => ({
  claim: "For the cosine c alone, ⟨x, dx⟩ = ε / (Σx² + ε) · c · dc in every group (Euler's theorem).",
  corollary: true,
  deviation: (trial) => {
    const { x, options, linearize, normal } = trial;
    const { outputs, pullback } = linearize(x);
    const seeds = outputs.map(({ shape }, i) => (i === at ? normal(shape, i) : full(shape, 0, x.dtype)));
    const dx = rows(pullback(seeds).x, options.axis);
    const dc = flat(wide(seeds[at]!));
    return worst(
      rows(x, options.axis).map((row, group) => {
        const squares = inner(row, row);
        const length = Math.sqrt(squares + options.epsilon);
        const cosine = row.reduce((most, value) => Math.max(most, value), -Infinity) / length;
        const claimed = (options.epsilon / (squares + options.epsilon)) * cosine * dc[group]!;
        // dx = (share − x̂ c) dc / N, whose two terms are no longer than 1 / N each, and ‖x‖ ≤ N.
        const scale = (6 * row.length + 40) * Math.abs(dc[group]!);
        return relative(inner(row, dx[group]!) - claimed, scale);
      }),
    );
  },
  bound: u,
});

export const outputsAddUp: Invariant<WithAxis & WithEpsilon> = {
  claim: 'The gradients of the outputs add up.',
  deviation: (trial) => {
    const { x, options, linearize, normal } = trial;
    const { outputs, pullback } = linearize(x);
    const seeds = outputs.map(({ shape }, i) => normal(shape, i));
    const alone = (i: number) => pullback(seeds.map((seed, k) => (k === i ? seed : scale(seed, 0)))).x;
    const parts = outputs.map((_, i) => rows(alone(i), options.axis));
    const size = Math.max(...seeds.flatMap((seed) => [...flat(seed)].map(Math.abs)));
    const { constant = 1 } = options as { readonly constant?: number };
    return worst(
      rows(pullback(seeds).x, options.axis).flatMap((row, group) => {
        const x = rows(trial.x, options.axis)[group]!;
        const length = Math.sqrt(inner(x, x) + options.epsilon);
        const scale = (row.length + 16) * size * (2 + (2 * (1 + constant)) / length);
        return [...row].map((value, i) =>
          relative(value - parts.reduce((sum, part) => sum + part[group]![i]!, 0), scale),
        );
      }),
    );
  },
  bound: u,
};

export const cosineWithinOne: Invariant<unknown> = {
  claim: 'No |cosine| exceeds 1.',
  deviation: ({ x, run }) => worst([...flat(run(x)[1]!)].map((c) => Math.max(0, Math.abs(c) - 1))),
  bound: exactly,
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
  corollary: true,
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
