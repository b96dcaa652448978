import { LEVEL } from '../statistics/verdict.js';
import { failureText } from '../failures.js';
import { count } from '../words.js';
import { type Rank, comparisons, tellable } from './ranking.js';
import type { Results } from './results.js';
import { WORDS } from './task.js';
import { PACE } from './timing.js';

/** The meaning of ± and of the verdicts, in sentences. */
export function readingOf({ ranking, same, settings, baseline }: Results): string {
  if (settings.seeds < 2) {
    return 'One seed cannot tell a difference from chance: there are no intervals and no verdicts. Use --seeds 8.';
  }
  const compared = ranking.flatMap(({ variant, difference }) => (difference ? [variant] : []));
  const many = comparisons(compared, same);
  const meaning = `± is the 95 % interval of the mean over the seeds (Student's t).`;
  if (compared.length === 0) return meaning;
  const together =
    many > 1 ? `, all ${many} comparisons together (paired t tests, Holm)` : ' (paired t test)';
  return (
    `${meaning} Better and worse are significant at ${100 * LEVEL} %${together}; ` +
    `tied cannot be told apart from ${baseline}.`
  );
}

/** The meaning of the column of times. */
export const TIMES =
  'step ÷: the time of a training step divided by that of the baseline in the same round; ' +
  `median (quartiles) of ${PACE.rounds} rounds in random order.`;

const TITLES = { classes: 'Accuracy in %', numbers: 'R²' };

/** The meaning of the table of learning rates. */
export const tuningNote = ({ data, settings }: Pick<Results, 'data' | 'settings'>): string =>
  `${TITLES[data.task]} on ${data.validationSamples} validation samples, mean of ${count(settings.tuningSeeds, 'network')} ` +
  'with other seeds; → marks the chosen learning rate.';

/** Remarks on the tables: failures, doubts and hints, in sentences. */
export const remarksOf = (results: Results): readonly string[] => [
  ...results.warnings,
  ...results.failures.map(failureText),
  ...failures(results),
  ...results.same.map(
    ([first, ...others]) =>
      `${others.join(', ')}: the same function as ${first} on this data, up to rounding; counted once.`,
  ),
  ...atTheEnd(results),
  ...power(results),
];

function failures({ ranking, data }: Results): readonly string[] {
  const listed = (failed: (rank: Rank) => number): string =>
    ranking
      .filter((rank) => failed(rank) > 0)
      .map((rank) => `${rank.variant} (${failed(rank)} of ${count(rank.runs, 'run')})`)
      .join(', ');
  const [diverged, idle] = [listed((rank) => rank.diverged), listed((rank) => rank.didNotLearn)];
  return [
    ...(diverged
      ? [`Diverged: ${diverged}. They count with the ${WORDS[data.task].score} of a guess, and have no loss.`]
      : []),
    ...(idle ? [`Did not learn (no better than a guess, or than before training): ${idle}.`] : []),
  ];
}

function atTheEnd({ tunings, settings: { learningRates } }: Results): readonly string[] {
  const names = tunings.filter((tuning) => tuning.atTheEnd).map(({ variant }) => variant);
  if (learningRates.length < 2 || names.length === 0) return [];
  const [least, most] = [Math.min(...learningRates), Math.max(...learningRates)];
  return [
    `Chose a learning rate at an end of ${least} … ${most}, and may do better beyond it: ${names.join(', ')}. ` +
      'Try more --learning-rates.',
  ];
}

/** A remark on how many seeds would find a difference. */
function power({ data, ranking, same, settings: { seeds } }: Results): readonly string[] {
  const least = tellable(ranking, same);
  if (least === undefined) return [];
  const { factor, digits, score } = WORDS[data.task];
  const points = (share: number): string =>
    `${(factor * Math.min(1, share)).toFixed(digits)} ${factor === 100 ? 'points' : `in ${score}`}`;
  const tied = ranking
    .flatMap(({ variant, difference }) =>
      difference?.verdict === 'tied' ? [{ variant, ...difference }] : [],
    )
    .filter(({ seedsToTell = Infinity }) => seedsToTell <= 1000)
    .sort((a, b) => a.seedsToTell! - b.seedsToTell!);
  const [next] = tied;
  const able = `${count(seeds, 'seed')} find a difference of ${points(least)} four times out of five.`;
  if (!next) return [able];
  return [
    `${able} Of the tied, ${next.variant} needs the fewest: about ${count(next.seedsToTell!, 'seed')}, ` +
      `if it truly differs by ${points(Math.abs(next.mean))}.`,
  ];
}
