import { type NdArray, type Random, flat } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type Options, number, numbers } from '../option/index.js';

/** The options of sampling the next token from its logits. */
export const SAMPLING = {
  temperature: number(1, 'What logits are divided by; 0 takes the largest.', { min: 0, explore: [0, 2] }),
  topK: number(0, 'How many of the likeliest tokens may be chosen; 0 stands for all.', {
    min: 0,
    whole: true,
    explore: [0, 50],
  }),
  topP: number(1, 'The share that the likeliest tokens which may be chosen have together at least.', {
    above: 0,
    max: 1,
    explore: [0.5, 1],
  }),
  stop: numbers([], 'Tokens after which no other follows.', { min: 0, whole: true, explore: [0, 8] }),
} satisfies Options;

export interface Choice {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

/**
 * Samples a token from logits [tokens]: by softmax(logits / temperature) among the topK most likely, and of these among the
 * fewest whose probabilities sum to at least topP (Holtzman et al. 2020). Of equal logits the first counts as larger,
 * and those of +∞ share all.
 *
 * @throws NormtapeError if a logit is NaN, or all are −∞, so that there is no choice.
 */
export function sample(logits: NdArray, { temperature, topK, topP }: Choice, random: Random): number {
  const scores = [...flat(logits)];
  demandChoice(scores);
  const order = scores.map((_, token) => token).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const [likeliest] = order;
  if (temperature === 0) return likeliest!;
  const most = scores[likeliest!]!;
  const few = topK === 0 ? order : order.slice(0, topK);
  // Relative to +∞, all other probabilities are 0.
  const powers = few.map((token) =>
    scores[token] === most ? 1 : Math.exp((scores[token]! - most) / temperature),
  );
  const total = sum(powers);
  let count = 0;
  let share = 0;
  while (count < few.length && (count === 0 || share < topP)) share += powers[count++]! / total;
  let left = random.uniform() * sum(powers.slice(0, count));
  for (let i = 0; i < count - 1; i++) {
    left -= powers[i]!;
    if (left < 0) return few[i]!;
  }
  return few[count - 1]!;
}

function demandChoice(scores: readonly number[]): void {
  const count = scores.filter(Number.isNaN).length;
  if (count === 0 && scores.some((score) => score > -Infinity)) return;
  const received = count ? `${count} of ${scores.length} that are NaN` : 'only −∞';
  const hint =
    'The weights of the model may not be finite; detectAnomaly names the op that computed the first NaN.';
  throw new NormtapeError({ where: 'generate', expected: 'logits to choose from', received, hint });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
