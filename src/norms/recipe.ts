/** The kinds of training that a paper may prescribe something for. */
export type RecipeSetting = 'language' | 'vision' | 'detection';

/**
 * The settings that the paper of a norm prescribes for one kind of training, if they differ from the defaults. A recipe
 * is data: experiments, models and docs read it, without knowing the norm.
 */
export interface Recipe<O = Readonly<Record<string, unknown>>> {
  /** The paper, and where in it; or the code of its authors. */
  readonly source: string;
  /** Options of the layer, each row for models of about so wide; a model takes the row nearest to its width. */
  readonly layers?: readonly LayerRow<O>[];
  /** What a language model multiplies its embeddings by: the `embeddingScale` of LanguageModel. */
  readonly embeddingScale?: number | 'sqrt' | 'learned';
  /** Whether the embeddings of a language model give its logits too: the `tieWeights` of LanguageModel. */
  readonly tieWeights?: boolean;
  /** What the cosines of features and class weights are multiplied by before the loss: values to choose among. */
  readonly cosineScales?: readonly number[];
  /** Options to choose by validation data, each among these values. */
  readonly tuned?: { readonly [K in keyof O]?: readonly O[K][] };
  /** How the paper trained, for readers: what a smaller experiment does not follow. */
  readonly training?: string;
}

/** Options of the layers of a model, by their place. */
export interface LayerRow<O> {
  /** Of the model, in numbers a token or channels; left out: for any. */
  readonly width?: number;
  /** Where attention reads; left out: as elsewhere. */
  readonly attention?: Partial<O>;
  readonly elsewhere: Partial<O>;
}

/** The settings that the paper of a norm prescribes, by kind of training. */
export type Recipes<O> = { readonly [S in RecipeSetting]?: Recipe<O> };

/** The options of a recipe's layers for a model of this width, by place; none where it states none. */
export function layersOf<O>(
  { layers = [] }: Pick<Recipe<O>, 'layers'>,
  width: number,
): { readonly attention: Partial<O>; readonly elsewhere: Partial<O> } {
  const distance = (row: LayerRow<O>): number => Math.abs(Math.log(width / (row.width ?? width)));
  const [nearest] = [...layers].sort((a, b) => distance(a) - distance(b));
  const elsewhere = nearest?.elsewhere ?? {};
  return { attention: nearest?.attention ?? elsewhere, elsewhere };
}
