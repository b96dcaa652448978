import type { Shape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import type { BuildOptions } from '../../nn/input.js';
import type { Layer } from '../../nn/sequential.js';
import { NormalizationLayer, normalization } from '../../norms/layer.js';
import { normOf } from '../model/registry.js';
import { normFrom } from './config-from-keras.js';
import { type Entries, type Format, type LayerRow, alike, kept, row } from './layer-row.js';
import { NORM_CLASSES } from './norm-classes.js';

/** A class of norms of Keras in a file. */
interface NormRow {
  /** The types here, and the keys that say which of them. */
  readonly types: Readonly<Record<string, Entries>>;
  /** The options here that the class has, by its keys. */
  readonly keys: readonly string[];
  /** The weights in the order of Keras, and the option that switches one off. */
  readonly weights: Readonly<Record<string, string | undefined>>;
  readonly formats?: readonly Format[];
}

const gainAndShift = { gamma: 'scale', beta: 'center' };
const affineKeys = ['axis', 'epsilon', 'center', 'scale'];

const ROWS: Readonly<Record<string, NormRow>> = {
  BatchNormalization: {
    types: { batch_norm: {} },
    keys: [...affineKeys, 'momentum'],
    weights: { ...gainAndShift, moving_mean: undefined, moving_variance: undefined },
  },
  LayerNormalization: { types: { layer_norm: {} }, keys: affineKeys, weights: gainAndShift },
  GroupNormalization: {
    types: { group_norm: {}, instance_norm: { groups: -1 } },
    keys: [...affineKeys, 'groups'],
    weights: gainAndShift,
    formats: ['Keras 3'],
  },
  RMSNormalization: {
    types: { rms_norm: {} },
    keys: ['axis', 'epsilon'],
    weights: { scale: undefined },
    formats: ['Keras 3'],
  },
  UnitNormalization: { types: { unit_norm: {} }, keys: ['axis'], weights: {}, formats: ['Keras 3'] },
};

const normRow = (name: string, { types, keys, weights, formats }: NormRow): LayerRow =>
  row<NormalizationLayer & { build(input: Shape, given: BuildOptions): void }>({
    of: NormalizationLayer as never,
    ...(formats ? { formats } : {}),
    read(config) {
      const { type, options } = normFrom(config, NORM_CLASSES[name]!);
      return normalization(normOf(type)!, options as never) as unknown as Layer;
    },
    write({ type, options: { ...options } }) {
      if (!Object.hasOwn(types, type)) return undefined;
      demandDefaults(type, options, keys);
      const own = Object.fromEntries(keys.flatMap((key) => (key in options ? [[key, key]] : [])));
      const written = kept(options, own);
      const { axis } = written;
      return { ...written, axis: Array.isArray(axis) && axis.length === 1 ? axis[0] : axis, ...types[type] };
    },
    weights: ({ options }) =>
      alike(
        ...Object.entries(weights).flatMap(([weight, option]) =>
          option !== undefined && (options as Entries)[option] === false ? [] : [weight],
        ),
      ),
    build(layer, shapes, rank, options) {
      const [shape] = shapes.values();
      const stated = (layer.options as Entries)['axis'] as number | readonly number[];
      const axes = [stated].flat().map((axis) => (axis < 0 ? axis + rank : axis));
      if (!shape || axes.length !== shape.length) return;
      const order = [...axes].sort((a, b) => a - b);
      layer.build(
        Array.from({ length: rank }, (_, axis) => shape[order.indexOf(axis)] ?? 1),
        options,
      );
    },
  });

/** Throws if an option that Keras does not have is another than its default, which computes what Keras does. */
function demandDefaults(type: string, options: Entries, keys: readonly string[]): void {
  const defaults = normalization(normOf(type)!).options as Entries;
  for (const [name, value] of Object.entries(options)) {
    const isKnown = keys.includes(name) && value !== null;
    if (isKnown || /(Initializer|Regularizer|Constraint)$/.test(name)) continue;
    if (JSON.stringify(value) === JSON.stringify(defaults[name])) continue;
    const expected = `${JSON.stringify(defaults[name])}, as Keras has it`;
    throw new NormtapeError({ where: `${type}.${name}`, expected, received: value });
  }
}

/** The norms by name. */
export const NORM_LAYERS: Readonly<Record<string, LayerRow>> = Object.fromEntries(
  Object.entries(ROWS).map(([name, one]) => [name, normRow(name, one)]),
);
