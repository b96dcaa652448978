import { NormtapeError } from '../../error.js';
import type { Layer } from '../../nn/sequential.js';
import { NormalizationLayer, normalization } from '../../norms/layer.js';
import { normOf } from '../model/registry.js';
import { normFrom } from './config-from-keras.js';
import { type Entries, type LayerRow, kept, row } from './layer-row.js';
import { NORM_CLASSES } from './norm-classes.js';

const normRow = (name: string, weights: Readonly<Record<string, string>>): LayerRow =>
  row<NormalizationLayer>({
    of: NormalizationLayer,
    read(config) {
      const { type, options } = normFrom(config, NORM_CLASSES[name]!);
      return normalization(normOf(type)!, options as never) as unknown as Layer;
    },
    write({ type, options: { ...all } }) {
      const options = all as Entries;
      const known = NORM_CLASSES[name]!;
      if (known.type !== type) return undefined;
      if (
        (options['runningVariance'] ?? 'biased') !== 'biased' ||
        options['zeroDebias'] ||
        options['momentum'] === null
      )
        throw new NormtapeError({
          where: 'running statistics',
          expected: 'those of Keras',
          received: options,
        });
      const keys = Object.fromEntries(
        ['axis', 'epsilon', 'momentum', 'center', 'scale'].flatMap((key) =>
          key in options ? [[key, key]] : [],
        ),
      );
      return kept(options, keys);
    },
    weights,
    built(shapes, rank, { options }) {
      const [shape] = shapes.values();
      const stated = (options as Entries)['axis'] as number | readonly number[];
      const axes = [stated].flat().map((axis) => (axis < 0 ? axis + rank : axis));
      if (!shape || axes.length !== shape.length) return undefined;
      const order = [...axes].sort((a, b) => a - b);
      return Array.from({ length: rank }, (_, axis) => shape[order.indexOf(axis)] ?? 1);
    },
  });

const gammaAndBeta = { gamma: 'gamma', beta: 'beta' };

/** The norms by name. */
export const NORM_LAYERS: Readonly<Record<string, LayerRow>> = {
  BatchNormalization: normRow('BatchNormalization', {
    ...gammaAndBeta,
    moving_mean: 'moving_mean',
    moving_variance: 'moving_variance',
  }),
  LayerNormalization: normRow('LayerNormalization', gammaAndBeta),
  UnitNormalization: normRow('UnitNormalization', {}),
};
