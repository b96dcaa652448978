import { getNormalizationInfo } from '../../norms/normalizations.js';
import { camelCase, isPlainObject } from '../../option/index.js';
import type { Report } from '../report/document.js';
import { words } from '../report/markup.js';
import { figuresOf } from './curves.js';
import { TIMES, readingOf, remarksOf, tuningNote } from './remarks.js';
import { type Results, summary } from './results.js';
import { WORDS } from './task.js';
import { costTable, rankingTable, tuningTable } from './table.js';

/** The content of the report of a sweep. */
export function reportOf(results: Results): Omit<Report, 'results'> {
  const { name, created, data, settings, ranking, baseline, interrupted, versions } = results;
  const warnings = [
    ...(interrupted ? ['Interrupted: only finished runs are shown.'] : []),
    ...remarksOf(results),
  ];
  const { accuracy, loss, activations } = figuresOf(results);
  const { score, loss: lossName } = WORDS[data.task];
  return {
    title: name,
    command: 'sweep',
    summary: summary(results),
    warnings,
    names: ranking.map(({ variant }) => variant),
    baseline,
    sections: [
      { id: 'ranking', title: 'Comparison', note: readingOf(results), table: rankingTable(results) },
      { id: 'costs', title: 'Loss, time and runs', note: TIMES, table: costTable(results) },
      ...(settings.learningRates.length > 1
        ? [
            {
              id: 'rates',
              title: 'Learning rates',
              note: tuningNote(results),
              table: tuningTable(results),
            },
          ]
        : []),
      {
        id: 'accuracy',
        title: capital(score),
        note: `Mean over seeds. Training ${score} is the mean over the steps of an epoch, with the weights of each step.`,
        figures: accuracy,
      },
      {
        id: 'loss',
        title: 'Loss',
        note: `${capital(lossName)}, mean over seeds, on a logarithmic scale.`,
        figures: loss,
      },
      {
        id: 'activations',
        title: 'Activations',
        note: 'The outputs of the hidden layers for the test samples, after normalization and activation.',
        figures: activations,
      },
      {
        id: 'configuration',
        title: 'Configuration',
        definitions: {
          data: data.source,
          samples: `${data.trainSamples} to train with, ${data.testSamples} to test`,
          features: data.features,
          ...(data.task === 'classes' ? { classes: data.classes.join(', ') } : { learns: 'numbers' }),
          ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [words(key), value])),
          ...versions,
          created,
        },
        texts: [
          ...(results.notes.length ? [{ text: results.notes.join('\n') }] : []),
          { text: configurations(results) },
        ],
      },
    ],
  };
}

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

/** The configuration of every variant, with defaults filled in. */
function configurations({ variants }: Results): string {
  const known: Readonly<
    Record<string, { readonly options: Readonly<Record<string, { readonly default: unknown }>> }>
  > = getNormalizationInfo();
  const lines = variants.map(({ name, config: { type, ...given } }) => {
    const options = Object.entries(known[type]?.options ?? {}).map(([key, option]) => [key, option.default]);
    const stated = Object.entries(given).map(([key, value]) => [camelCase(key), inCamelCase(value)]);
    const whole = JSON.stringify({ type, ...Object.fromEntries([...options, ...stated]) }, undefined, 1);
    return `${JSON.stringify(name)}: ${whole.replace(/\n */g, ' ')}`;
  });
  return `{\n  ${lines.join(',\n  ')}\n}`;
}

const inCamelCase = (value: unknown): unknown =>
  isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [camelCase(key), item]))
    : value;
