import { bitsPerCharacter } from '../../../train/index.js';
import { type Table, headed } from '../../report/table.js';
import { asData, inWords } from '../recipe.js';
import type { Settings } from './settings.js';
import { type Rates, tunedName } from './tuning.js';
import { type Variant, recipeOf, sourceOf } from './variants.js';

/** The recipe of a norm, as in JSON and in the tables. */
export interface Used {
  readonly variant: string;
  readonly layers: number;
  readonly normalization: ReturnType<typeof asData>;
  /** The norm of queries and keys, or of the attention input; undefined if it is the same. */
  readonly attentionNormalization?: ReturnType<typeof asData>;
  readonly embeddingScale: number | 'sqrt' | 'learned';
  /** Whether the output layer shares the weights of the embeddings. */
  readonly tieWeights: boolean;
  readonly learningRate: number;
  /** The source of the recipe; undefined if all are defaults. */
  readonly source: string | undefined;
}

export const usedBy = (
  variants: readonly Variant[],
  depths: readonly number[],
  rates: Rates,
  { hidden }: Settings,
): readonly Used[] =>
  variants.flatMap((variant) => {
    const { normalization, attentionNormalization, ...others } = recipeOf(variant, hidden);
    return depths.map((layers) => ({
      variant: variant.name,
      layers,
      normalization: asData(normalization),
      ...(attentionNormalization && { attentionNormalization: asData(attentionNormalization) }),
      embeddingScale: 1,
      tieWeights: true,
      ...others,
      learningRate: rates.chosen(tunedName(variant, layers)),
      source: sourceOf(variant),
    }));
  });

/** The table of recipes: one row per norm, or per norm and depth if there are several depths. */
export function recipeTable(used: readonly Used[]): Table {
  const several = new Set(used.map(({ layers }) => layers)).size > 1;
  return {
    columns: [
      { title: 'normalization', align: 'left' },
      ...(several ? [{ title: 'blocks' }] : []),
      { title: 'options of its layers', align: 'left' },
      { title: 'embeddings ×', align: 'left' },
      { title: 'tied', align: 'left' },
      { title: 'rate' },
    ],
    rows: used.map(({ variant, layers, embeddingScale, tieWeights, learningRate, ...stated }) => ({
      name: variant,
      cells: [
        variant,
        ...(several ? [String(layers)] : []),
        optionsInWords(stated),
        embeddingScale === 'learned'
          ? 'learned'
          : embeddingScale === 'sqrt'
            ? '√width'
            : String(embeddingScale),
        tieWeights ? 'yes' : 'no',
        String(learningRate),
      ],
    })),
  };
}

/** The table of the rates that were tried: one row per norm and depth, one column per rate. */
export function triedTable(rates: Rates): Table {
  const { tried } = rates;
  const columns = [...new Set(tried.map(({ choice }) => choice))];
  const methods = [...new Set(tried.map(({ method }) => method))];
  return {
    columns: headed('normalization', ...columns.map(String)),
    rows: methods.map((method) => ({
      cells: [
        method,
        ...columns.map((rate) => {
          const score = tried.find((one) => one.method === method && one.choice === rate)?.score ?? -Infinity;
          return Number.isFinite(score) ? bitsPerCharacter(-score).toFixed(3) : 'diverged';
        }),
      ],
    })),
  };
}

/** The sources of all recipes, each once. */
export const sources = (used: readonly Used[]): readonly string[] => [
  ...new Set(used.flatMap(({ variant, source }) => (source === undefined ? [] : `${variant}: ${source}.`))),
];

function optionsInWords({
  normalization,
  attentionNormalization = normalization,
}: Pick<Used, 'normalization' | 'attentionNormalization'>): string {
  const [elsewhere, attention] = [inWords(normalization), inWords(attentionNormalization)];
  return attention === elsewhere ? elsewhere : `${attention} for attention, ${elsewhere} elsewhere`;
}
