import type { Section } from '../../report/document.js';
import { count } from '../../words.js';
import type { Findings } from '../experiment.js';
import type { Corpus } from './corpus.js';
import { curvesOf } from './curves.js';
import { cellsOf, depthTable } from './depth.js';
import type { Run } from './run.js';
import { rankingOf, rankingTable } from './table.js';
import { type Variant, looksAhead } from './variants.js';

const BASELINE = 'none';

/** What models of one depth say of their norms. */
export function comparison(
  variants: readonly Variant[],
  layers: number,
  corpus: Corpus,
  runs: readonly Run[],
): Findings {
  const ranking = rankingOf(
    variants.map(({ name }) => name),
    runs,
  );
  const names = ranking.map(({ variant }) => variant);
  const table = rankingTable(ranking);
  const { loss, gradients, activations } = curvesOf(names, runs, layers);
  const sections: Section[] = [
    {
      id: 'ranking',
      title: 'Ranking',
      note: `Mean ± standard deviation over seeds. Bits a character on all of the held-out text; a model that knows only how frequent each character is needs ${corpus.frequencyBits.toFixed(3)}. Gradients: the mean length of all of them together before clipping. RMS: of what the last block passes on.`,
      table,
    },
    { id: 'loss', title: 'Loss', note: 'Mean over seeds, on a part of the held-out text.', figures: loss },
    {
      id: 'gradients',
      title: 'Gradients',
      note: 'Their length before clipping, on a logarithmic scale.',
      figures: gradients,
    },
    {
      id: 'activations',
      title: 'Activations',
      note: 'The root mean square of what each block passes on for held-out text, on a logarithmic scale.',
      figures: activations,
    },
    {
      id: 'samples',
      title: 'Samples',
      note: `What the model of the first seed goes on with after ${JSON.stringify(corpus.prompt)}.`,
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
      runs,
    },
    tables: [table],
    reading: `A model that knows only how frequent each character is needs ${corpus.frequencyBits.toFixed(3)} bits a character.`,
    remarks: remarks(variants, runs),
    sections,
    names,
    baseline: BASELINE,
  };
}

/** What models of several depths say of their norms. */
export function depths(
  variants: readonly Variant[],
  layers: readonly number[],
  corpus: Corpus,
  runs: readonly Run[],
): Findings {
  const names = variants.map(({ name }) => name);
  const table = depthTable(names, layers, runs, corpus);
  const cells = cellsOf(names, layers, runs, corpus);
  const reading = `Bits a character on held-out text, mean ± standard deviation over seeds. Frequencies: no better than a model that knows only those, which needs ${corpus.frequencyBits.toFixed(3)}. Up to: what a model needed at its worst, where that was more than twice the ${corpus.uniformBits.toFixed(3)} of guessing.`;
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
      runs,
    },
    tables: [table],
    reading,
    remarks: remarks(variants, runs),
    sections: [
      {
        id: 'depths',
        title: 'Depths',
        note: reading,
        table,
      },
      {
        id: 'loss',
        title: 'Loss',
        note: 'On a part of the held-out text.',
        figures: drawn.map(({ title, curves }) => ({
          ...curves.loss[0]!,
          title: `${title}: bits a character`,
        })),
      },
      {
        id: 'gradients',
        title: 'Gradients',
        note: 'The length of all of them together, on a logarithmic scale.',
        figures: drawn.map(({ title, curves }) => ({ ...curves.gradients[0]!, title })),
      },
      {
        id: 'activations',
        title: 'Activations',
        note: 'The root mean square of what the last block passes on, on a logarithmic scale.',
        figures: drawn.map(({ title, curves }) => ({ ...curves.activations.at(-1)!, title })),
      },
    ],
    names,
    baseline: BASELINE,
  };
}

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

/** Whatever a reader of the numbers must know: nothing is left out in silence. */
function remarks(variants: readonly Variant[], runs: readonly Run[]): string[] {
  const stopped = runs.filter((run) => run.stopped !== undefined);
  const ahead = variants.filter(looksAhead).map(({ name }) => name);
  return [
    ...stopped.map(
      ({ variant, layers, seed, stopped }) =>
        `Diverged: ${variant}, ${count(layers, 'block')}, seed ${seed}, ${stopped!.replace(/^fit: epoch 1, /, '')}`,
    ),
    ...(ahead.length > 0
      ? [
          `What ${ahead.join(', ')} makes of a character depends on those after it too: in training the model sees what it is to predict, and its bits are not those of a language model.`,
        ]
      : []),
  ];
}
