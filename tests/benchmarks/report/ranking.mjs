// The norms by their cost, compared with the order of the guide.
import { ratio, table } from './words.mjs';

/** The order of the guide that the types come from, "approximate, from fastest to slowest". */
export const GUIDE = [
  'rms_norm',
  'zero_centered_rms_norm',
  'dynamic_tanh',
  'layer_norm',
  'band_rms',
  'global_response_norm',
  'batch_norm',
];

/** Times that differ by less than this factor count as equal. */
const SAME = 1.1;

export function rankingTable({ widths, norms }) {
  const head = [
    'norm',
    ...widths.map((width) => `forward, ${width}`),
    ...widths.map((width) => `forward + backward, ${width}`),
    'in all',
    'layer_norm',
    'limit',
  ];
  const rows = norms.map(({ type, rank, forward, both, score, times, limit, exceeds }) => [
    `${rank}. \`${type}\``,
    ...[...forward, ...both].map((measure) => ratio(measure.ratio)),
    ratio(score),
    exceeds ? `**${ratio(times)}**` : ratio(times),
    `${limit}`,
  ]);
  return table(head, rows);
}

/** Sentences on the norms that may take longer than others, with the reasons, and on those that exceed their limits. */
export function limits({ norms }) {
  const longer = norms.filter(({ reason }) => reason);
  const over = norms.filter(({ exceeds }) => exceeds);
  const named = ({ type, times, limit }) => `\`${type}\` (${ratio(times)} of ${limit})`;
  return [
    'The limit for forward and backward is three times the time of `layer_norm`, but six times for',
    `${longer.map(({ type, reason }) => `\`${type}\` (${reason})`).join(', ')}.`,
    over.length > 0 ? `These exceed it: ${over.map(named).join(', ')}.` : 'No norm exceeds its limit.',
  ].join('\n');
}

/** Sentences on the neighbors in the guide's order that the measured times contradict. */
export function contradictions({ norms }) {
  const score = Object.fromEntries(norms.map((norm) => [norm.type, norm.score]));
  return GUIDE.flatMap((slower, i) =>
    GUIDE.slice(0, i)
      .filter((faster) => score[faster] > SAME * score[slower])
      .map(
        (faster) =>
          `- \`${slower}\` is not slower than \`${faster}\`: it takes ${ratio(score[slower] / score[faster])} of its time.`,
      ),
  );
}
