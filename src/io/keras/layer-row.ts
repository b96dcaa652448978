import type { Shape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { ARGUMENTS } from '../../nn/construction.js';
import type { Module } from '../../nn/module.js';
import type { Layer } from '../../nn/sequential.js';
import type { LayerConfig } from './config.js';

export type Entries = Readonly<Record<string, unknown>>;
type ClassOf<M extends Module> = abstract new (...given: never[]) => M;

/** A class of layers of Keras, and the module that computes the same here. */
export interface LayerRow<M extends Module = Module> {
  readonly of: ClassOf<M>;
  /** The layer of a configuration; each key must be read. */
  read(config: LayerConfig, rank: number): Layer;
  /** The configuration of a layer; undefined if another row is meant. */
  write(layer: M): Entries | undefined;
  /** The weights by their names here, and their names there. The numbers lie alike. */
  readonly weights?: Readonly<Record<string, string>>;
  /** The input that builds a layer with weights of these shapes. */
  built?(shapes: ReadonlyMap<string, Shape>, rank: number, layer: M): Shape | undefined;
  /** The rank of the output; that of the input by default. */
  rank?(rank: number): number;
}

/** A row with the type of its module erased. */
export const row = <M extends Module>(one: LayerRow<M>): LayerRow => one as unknown as LayerRow;

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

/** The keys of a layer with a kernel and a bias. */
export const kernelKeys = (kernel: string): readonly string[] => [
  'use_bias',
  ...[kernel, 'bias'].flatMap((weight) => [
    `${weight}_initializer`,
    `${weight}_regularizer`,
    `${weight}_constraint`,
  ]),
];

/** An input of this rank with ones before its last size. */
export function atEnd(rank: number, size: number | undefined): Shape | undefined {
  return size === undefined ? undefined : [...Array.from({ length: rank - 1 }, () => 1), size];
}
