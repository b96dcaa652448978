import type { Section } from '../../report/document.js';
import { count } from '../../words.js';
import { PLUS_MINUS, fewSeeds, significance } from '../estimate.js';
import type { Findings } from '../experiment.js';
import type { Corpus } from './corpus.js';
import { curvesOf } from './curves.js';
import { cellsOf, depthTable } from './depth.js';
import type { Run } from './run.js';
import { type Used, recipeTable, sources, triedTable } from './recipes.js';
import { bitsTable, rankingOf, trainingTable } from './table.js';
import { type Rates, edgesOf } from './tuning.js';
import { type Variant, looksAhead } from './variants.js';

/** Facts about the models, besides their runs. */
interface Told {
  readonly variants: readonly Variant[];
  readonly seeds: number;
  readonly corpus: Corpus;
  readonly used: readonly Used[];
  readonly rates: Rates;
}

/** A note on the meaning of the differences. */
const differences = (baseline: string, comparisons: number): string =>
  comparisons > 0
    ? `Differences are to ${baseline}, the first norm named, seed by seed. ${significance(comparisons)}`
    : '';

/** The findings on models of one depth. */
export function comparison(told: Told, layers: number, runs: readonly Run[]): Findings {
  const { variants, corpus, used } = told;
  const baseline = variants[0]!.name;
  const ranking = rankingOf(
    variants.map(({ name }) => name),
    baseline,
    runs,
  );
  const names = ranking.map(({ variant }) => variant);
  const bits = bitsTable(ranking, baseline);
  const training = trainingTable(ranking);
  const { loss, gradients, activations } = curvesOf(names, runs, layers);
  const sections: Section[] = [
    {
      id: 'ranking',
      title: 'Comparison',
      note: `Bits per character on all of the held-out text; a model that knows only the character frequencies needs ${corpus.frequencyBits.toFixed(3)}. ${PLUS_MINUS} ${differences(baseline, variants.length - 1)}`,
      table: bits,
    },
    ...recipeSections(told),
    {
      id: 'training',
      title: 'Training',
      note: `Gradients: their mean global norm before clipping. RMS: of the output of the last block. ${PLUS_MINUS} A time is that of the fastest run, and not for ranking.`,
      table: training,
    },
    { id: 'loss', title: 'Loss', note: 'Mean over seeds, on a part of the held-out text.', figures: loss },
    {
      id: 'gradients',
      title: 'Gradients',
      note: 'Their norm before clipping, on a logarithmic scale.',
      figures: gradients,
    },
    {
      id: 'activations',
      title: 'Activations',
      note: 'The root mean square of the output of each block for held-out text, on a logarithmic scale.',
      figures: activations,
    },
    {
      id: 'samples',
      title: 'Samples',
      note: `The text that the model of the first seed generates after ${JSON.stringify(corpus.prompt)}.`,
      texts: samplesOf(names, runs).map(({ variant, sample }) => ({ title: variant, text: sample })),
    },
  ];
  return {
    data: {
      corpus: facts(corpus),
      bitsPerCharacter: Object.fromEntries(
        ranking.map(({ variant, bitsPerCharacter }) => [variant, bitsPerCharacter?.mean ?? null]),
      ),
      ranking,
      baseline,
      recipes: used,
      tuning: told.rates.tried,
      runs,
    },
    tables: [bits, training, recipeTable(used)],
    reading: [
      `A model that knows only the character frequencies needs ${corpus.frequencyBits.toFixed(3)} bits per character.`,
      PLUS_MINUS,
      differences(baseline, variants.length - 1),
      ...sources(used),
    ].join('\n'),
    remarks: remarks(told, runs),
    sections,
    names,
    baseline,
  };
}

/** The findings on models of several depths. */
export function depths(told: Told, layers: readonly number[], runs: readonly Run[]): Findings {
  const { variants, corpus, used } = told;
  const baseline = variants[0]!.name;
  const names = variants.map(({ name }) => name);
  const tables = layers.map((depth) => depthTable(names, depth, baseline, runs, corpus));
  const cells = cellsOf(names, layers, runs, corpus);
  const reading = `Bits per character on held-out text. ${PLUS_MINUS} ${differences(baseline, variants.length - 1)} Frequencies: no better than a model that knows only the character frequencies, which needs ${corpus.frequencyBits.toFixed(3)}. Up to: the most that a model needed, if over twice the ${corpus.uniformBits.toFixed(3)} of guessing.`;
  const drawn = layers.map((depth) => {
    const own = runs.filter((run) => run.layers === depth);
    return { title: count(depth, 'block'), curves: curvesOf(names, own, depth) };
  });
  return {
    data: {
      corpus: facts(corpus),
      bitsPerCharacter: Object.fromEntries(
        names.map((name) => [
          name,
          Object.fromEntries(
            cells
              .filter(({ variant }) => variant === name)
              .map(({ layers, bitsPerCharacter }) => [layers, bitsPerCharacter]),
          ),
        ]),
      ),
      cells,
      baseline,
      recipes: used,
      tuning: told.rates.tried,
      runs,
    },
    tables: [...tables, recipeTable(used)],
    reading: [reading, ...sources(used)].join('\n'),
    remarks: remarks(told, runs),
    sections: [
      ...tables.map((table, i) => ({
        id: i === 0 ? 'depths' : `depths${layers[i]}`,
        title: `Models of ${count(layers[i]!, 'block')}`,
        ...(i === 0 && { note: reading }),
        table,
      })),
      ...recipeSections(told),
      {
        id: 'loss',
        title: 'Loss',
        note: 'On a part of the held-out text.',
        figures: drawn.map(({ title, curves }) => ({
          ...curves.loss[0]!,
          title: `${title}: bits per character`,
        })),
      },
      {
        id: 'gradients',
        title: 'Gradients',
        note: 'Their global norm, on a logarithmic scale.',
        figures: drawn.map(({ title, curves }) => ({ ...curves.gradients[0]!, title })),
      },
      {
        id: 'activations',
        title: 'Activations',
        note: 'The root mean square of the output of the last block, on a logarithmic scale.',
        figures: drawn.map(({ title, curves }) => ({ ...curves.activations.at(-1)!, title })),
      },
    ],
    names,
    baseline,
  };
}

/** The recipe of each norm, and its source. */
const recipeSections = ({ used, rates }: Told): readonly Section[] => [
  {
    id: 'recipes',
    title: 'Recipes',
    note: [
      'The settings of each norm: those of its paper, defaults for the rest, and the learning rate that did best on validation text.',
      ...sources(used),
    ].join(' '),
    table: recipeTable(used),
  },
  ...(rates.tried.length > 0
    ? [
        {
          id: 'tuning',
          title: 'Tried learning rates',
          note: 'Bits per character on validation text, a tenth of the training text that these trainings did not see. One seed, which no final training uses.',
          table: triedTable(rates),
        },
      ]
    : []),
];

const facts = ({ characters, size, uniformBits, frequencyBits, prompt }: Corpus) => ({
  characters: characters.alphabet.length,
  trainCharacters: size.train,
  testCharacters: size.test,
  uniformBits,
  frequencyBits,
  prompt,
});

function samplesOf(names: readonly string[], runs: readonly Run[]) {
  return names.flatMap((variant) => {
    const sample = runs.find((run) => run.variant === variant && run.sample !== undefined)?.sample;
    return sample === undefined ? [] : [{ variant, sample }];
  });
}

/** Remarks that a reader of the numbers must know: divergences, edges of tuning, few seeds, norms that look ahead. */
function remarks({ variants, seeds, rates }: Told, runs: readonly Run[]): string[] {
  const stopped = runs.filter((run) => run.stopped !== undefined);
  const ahead = variants.filter(looksAhead).map(({ name }) => name);
  const edges = edgesOf(rates);
  return [
    ...fewSeeds(seeds),
    ...edges.map(
      ({ method, choice }) =>
        `${method}: the best rate was ${choice}, at the edge of those tried; try others with --learning-rates.`,
    ),
    ...stopped.map(
      ({ variant, layers, seed, stopped }) =>
        `Diverged: ${variant}, ${count(layers, 'block')}, seed ${seed}, ${stopped!.replace(/^fit: epoch 1, /, '')}`,
    ),
    ...(ahead.length > 0
      ? [
          `The output of ${ahead.join(', ')} for a character depends on later ones too: in training the model sees the characters that it is to predict, and its bits are not those of a language model.`,
        ]
      : []),
  ];
}
