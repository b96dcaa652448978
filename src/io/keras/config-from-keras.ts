import { isList } from '../../demand.js';
import { NormtapeError, suggest } from '../../error.js';
import { resolveGiven } from '../../norms/given.js';
import { normOf } from '../model/registry.js';
import { LayerConfig, readSerialized } from './config.js';
import { NORM_CLASSES, type NormClass, type TypeAndOptions } from './norm-classes.js';

/**
 * The type and the options of a norm, for `createNormalizationLayer`, from a layer as Keras serializes it, an object of
 * `class_name` and `config`: of Keras' own norms, and of those of dl_techniques. A key that is missing has the default of
 * Keras' class, not that of the norm here. `SpectralNormalization` gives the norm for `normalizeWeights`.
 *
 * @throws {NormtapeError} If the class or a key is not known, or a value cannot be had here.
 */
export function configFromKeras(dictionary: object): TypeAndOptions {
  const where = 'configFromKeras';
  const { className, config, rest } = readSerialized(where, dictionary);
  const stray = Object.keys(rest).find((key) => !BESIDE.includes(key));
  if (stray !== undefined) {
    const expected = `keys among class_name, config, ${BESIDE.join(', ')}`;
    throw new NormtapeError({ where, expected, received: stray });
  }
  const known = Object.hasOwn(NORM_CLASSES, className) ? NORM_CLASSES[className] : undefined;
  if (!known) {
    const classes = Object.keys(NORM_CLASSES);
    const hint = suggest(className, classes);
    const expected = `a class among ${classes.join(', ')}`;
    throw new NormtapeError({ where, expected, received: className, hint });
  }
  const own = new LayerConfig(`${where}: ${className}`, config);
  const { name, trainable } = own.base();
  if (!trainable) {
    const hint = 'Make the layer, and call its method freeze().';
    throw new NormtapeError({ where: `${own.where}.trainable`, expected: 'true', received: false, hint });
  }
  // The layer that a wrapper holds is no part of the norm.
  if (className === 'SpectralNormalization') own.take('layer');
  const { type, options } = normFrom(own, known);
  own.end();
  return { type, options: name === undefined ? options : { name, ...options } };
}

/** What Keras writes beside class_name and config, for itself. */
const BESIDE = ['module', 'registered_name', 'build_config', 'name', 'inbound_nodes'];

/** The norm of a class by its configuration, checked. */
export function normFrom(config: LayerConfig, known: NormClass): TypeAndOptions {
  const { required = [], keys, renamed = {}, defaults = {}, only = {} } = known;
  for (const key of required) config.demand(key);
  for (const [key, allowed] of Object.entries(only)) config.only(key, allowed);
  const made = typeof known.type === 'string' ? { type: known.type, options: {} } : known.type(config);
  const options: Record<string, unknown> = { ...defaults, ...made.options, ...config.options(keys) };
  for (const [key, name] of Object.entries(renamed)) {
    const value = config.take(key);
    if (value !== undefined) options[name] = value;
  }
  // tf.keras states the axis of batch normalization as a list of one.
  const { axis } = options;
  if (isList(axis) && axis.length === 1) options['axis'] = axis[0];
  const definition = normOf(made.type)!;
  const [mistake] = resolveGiven(definition, options, true).mistakes;
  if (mistake) throw new NormtapeError({ ...mistake, where: `${config.where}: ${mistake.where}` });
  return { type: made.type, options };
}
