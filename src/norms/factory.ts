import { NormtapeError, type Report } from '../error.js';
import type { InSnakeCase } from '../option/case.js';
import { type Priority, choose } from './choose.js';
import { demandMember } from './demand.js';
import { type NormalizationInfo, infoOfEach } from './info.js';
import { resolveGiven } from './given.js';
import { type NormalizationLayer, normalization } from './layer.js';
import { type GivenTo, type Norm, isShapePreserving } from './norm.js';
import { type Elsewhere, suggestType } from './names.js';
import { entriesOf } from './option.js';

/** Norms by their types. */
export type Catalog<C> = { readonly [T in keyof C]: Norm & { readonly type: T } };

/** Definitions under their types, whatever the names that a module exports them by. */
export const byType = (definitions: Readonly<Record<string, unknown>>): Readonly<Record<string, Norm>> =>
  Object.fromEntries((Object.values(definitions) as readonly Norm[]).map((norm) => [norm.type, norm]));

export type TypeIn<C> = keyof C & string;

/** The types with x as their only input, and one output in its shape. */
export type ShapePreservingIn<C extends Catalog<C>> = {
  [T in TypeIn<C>]: [NonNullable<C[T]['outputs' | 'inputs']>['length']] extends [0] ? T : never;
}[TypeIn<C>];

/** One norm in a JSON file: its type, and its options in camelCase or snake_case. */
export type ConfigOf<N extends Norm> = {
  /** The name of the norm. */
  readonly type: N['type'];
} & GivenTo<N> &
  InSnakeCase<GivenTo<N>>;

export type ConfigIn<C extends Catalog<C>> = { [T in TypeIn<C>]: ConfigOf<C[T]> }[TypeIn<C>];

/** The functions that make and check the norms of one catalog. */
export interface Factory<C extends Catalog<C>> {
  /** Every norm by its type. */
  readonly norms: C;
  readonly normalizationTypes: readonly TypeIn<C>[];
  readonly shapePreservingTypes: readonly ShapePreservingIn<C>[];
  /** A layer by type; options in camelCase. */
  readonly createNormalizationLayer: <T extends keyof C & string>(
    type: T,
    options?: GivenTo<C[T]>,
  ) => NormalizationLayer<C[T]>;
  /** A layer by what a JSON file may say. */
  readonly createNormalizationFromConfig: (config: ConfigIn<C>) => NormalizationLayer<C[TypeIn<C>]>;
  /** True, or throws the first mistake. */
  readonly validateNormalizationConfig: (type: string, options?: object) => true;
  /** Every mistake, as data. */
  readonly checkNormalizationConfig: (type: string, options?: object) => readonly Report[];
}

/** The factory of one catalog, and what it says of its norms. */
export interface Normalizations<C extends Catalog<C>> extends Factory<C> {
  /** The facts about every norm, as data. */
  readonly getNormalizationInfo: () => Readonly<Record<TypeIn<C>, NormalizationInfo>>;
  /** A type to begin with between the layers of a network, derived from the traits of the norms. */
  readonly chooseNormalization: (priority: Priority) => ShapePreservingIn<C>;
}

/** The factory over a catalog: the functions that make, check and describe its norms, typed by it. */
export function defineNormalizations<const C extends Catalog<C>>(catalog: C): Normalizations<C> {
  const members = entriesOf(catalog);
  if (!members) {
    throw new NormtapeError({ where: 'catalog', expected: 'a plain object of norms', received: catalog });
  }
  for (const [type, definition] of members) demandMember(type, definition);
  const factory = factoryOf(Object.fromEntries(members) as C);
  return {
    ...factory,
    norms: catalog,
    getNormalizationInfo: () => infoOfEach(factory.norms),
    chooseNormalization: (priority) =>
      choose(Object.values<Norm>(factory.norms), priority).type as ShapePreservingIn<C>,
  };
}

/** The factory over a catalog of valid definitions; errors name types of `elsewhere`, another catalog. */
export function factoryOf<const C extends Catalog<C>>(catalog: C, elsewhere?: Elsewhere): Factory<C> {
  const definitions: Readonly<Record<string, Norm>> = catalog;
  const types = Object.keys(definitions).sort() as TypeIn<C>[];

  const find = (type: unknown): Norm | Report =>
    typeof type === 'string' && Object.hasOwn(definitions, type)
      ? definitions[type]!
      : {
          where: 'normalization type',
          expected: `one of ${types.join(', ')}`,
          received: type,
          hint: suggestType(type, Object.values(definitions), elsewhere),
        };

  const create = (type: unknown, options: unknown): NormalizationLayer => {
    const found = find(type);
    if ('where' in found) throw new NormtapeError(found);
    return normalization(found, options as GivenTo<Norm>);
  };

  const check = (type: unknown, options?: unknown): readonly Report[] => {
    const found = find(type);
    return 'where' in found ? [found] : resolveGiven(found, options, true).mistakes;
  };

  return {
    norms: catalog,
    normalizationTypes: types,
    shapePreservingTypes: types.filter((type): type is ShapePreservingIn<C> =>
      isShapePreserving(definitions[type]!),
    ),
    createNormalizationLayer: (type, options) => create(type, options) as NormalizationLayer<C[typeof type]>,
    createNormalizationFromConfig(config) {
      const entries = entriesOf(config);
      if (!entries) {
        const expected = 'a plain object with a type';
        throw new NormtapeError({ where: 'normalization config', expected, received: config });
      }
      const { type, ...options } = Object.fromEntries(entries);
      return create(type, options) as NormalizationLayer<C[TypeIn<C>]>;
    },
    validateNormalizationConfig(type, options) {
      const [mistake] = check(type, options);
      if (mistake) throw new NormtapeError(mistake);
      return true;
    },
    checkNormalizationConfig: check,
  };
}
