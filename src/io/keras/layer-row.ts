import type { Dtype, Shape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { ARGUMENTS } from '../../nn/construction.js';
import type { BuildOptions } from '../../nn/input.js';
import type { Module } from '../../nn/module.js';
import type { Layer } from '../../nn/sequential.js';
import type { LayerConfig } from './config.js';

export type Entries = Readonly<Record<string, unknown>>;
type ClassOf<M extends Module> = abstract new (...given: never[]) => M;

/** A file format of models, by the program that it belongs to. */
export type Format = 'TensorFlow.js' | 'Keras 3';

/** What is known where a layer of Keras is read. */
export interface LayerInput {
  readonly format: Format;
  /** The rank of its input. */
  readonly rank: number;
  /** The dtype that it states. */
  readonly dtype: Dtype;
  /** What it is called with besides its input; each key must be read. */
  readonly call: LayerConfig;
  /** The shape of a weight in the file, by the layer's row for it; undefined if the file has none. */
  shapeOf(weight: WeightRow): Shape | undefined;
}

/** A weight of a layer, here and in files. */
export interface WeightRow {
  /** Its name here, below the layer. */
  readonly here: string;
  /** Its name in a LayersModel, below the layer. */
  readonly there: string;
  /** Its path in an HDF5 file of Keras 3, below the layer; vars/ and its number among the layer's weights by default. */
  readonly at?: string;
  /** The shape there of the same numbers in the same order; the same shape by default. */
  shape?(here: Shape): Shape;
}

/** A class of layers of Keras, and the module that computes the same here. */
export interface LayerRow<M extends Module = Module> {
  readonly of: ClassOf<M>;
  /** The programs that have the class; both by default. */
  readonly formats?: readonly Format[];
  /** The layer of a configuration; each key must be read. */
  read(config: LayerConfig, input: LayerInput): Layer;
  /** The configuration of a layer; undefined if another row is meant. */
  write(layer: M, format: Format): Entries | undefined;
  /** What a layer is called with besides its input. */
  call?(layer: M): Entries;
  /** The weights of a layer in the order of Keras. */
  weights?(layer: M): readonly WeightRow[];
  /** Makes the weights of a layer for those of these shapes, by their names here. */
  build?(layer: M, shapes: ReadonlyMap<string, Shape>, rank: number, options: BuildOptions): void;
  /** The rank of the output; that of the input by default. */
  rank?(rank: number, layer: M): number;
  /** How often the input is an argument of the layer; once by default. */
  readonly inputs?: number;
}

/** A row with the type of its module erased. */
export const row = <M extends Module>(one: LayerRow<M>): LayerRow => one as unknown as LayerRow;

/** Weights that have the same names here and there. */
export const alike = (...names: readonly string[]): readonly WeightRow[] =>
  names.map((name) => ({ here: name, there: name }));

/** The configuration there of options that both have; throws if a regularizer or a constraint would be lost. */
export function kept(options: Entries, keys: Readonly<Record<string, string>>): Entries {
  for (const [name, value] of Object.entries(options)) {
    if (!/(Regularizer|Constraint)$/.test(name) || value === 'none' || typeOf(value) === 'none') continue;
    throw new NormtapeError({
      where: name,
      expected: 'none, since the file has no place for it',
      received: value,
    });
  }
  return Object.fromEntries(Object.entries(keys).map(([own, there]) => [there, options[own]]));
}

const typeOf = (value: unknown): unknown => (value as { readonly type?: unknown } | null | undefined)?.type;

/** The options that a layer was made with: the argument at this place. */
export const optionsOf = (layer: Module, at: number): Entries => layer[ARGUMENTS]()![at] as Entries;

/** The kernel, and the bias if there is one, of a layer whose options are the argument at this place. */
export const kernelAndBias =
  (at: number, kernel = 'kernel') =>
  (layer: Module): readonly WeightRow[] => [
    { here: 'kernel', there: kernel },
    ...(optionsOf(layer, at)['useBias'] === false ? [] : alike('bias')),
  ];

/** The keys of a layer with a kernel and a bias. */
export const kernelKeys = (kernel: string): readonly string[] => [
  'use_bias',
  ...[kernel, 'bias'].flatMap((weight) => [
    `${weight}_initializer`,
    `${weight}_regularizer`,
    `${weight}_constraint`,
  ]),
];

/** Makes the weights of a layer for an input of this rank with ones before its last size, if that is known. */
export function buildAtEnd(
  layer: { build(input: Shape, options: BuildOptions): void },
  rank: number,
  size: number | undefined,
  options: BuildOptions,
): void {
  if (size !== undefined) layer.build([...Array.from({ length: rank - 1 }, () => 1), size], options);
}
