import { isList } from '../demand.js';
import type { Parameter } from '../autograd/parameter.js';
import { NormtapeError } from '../error.js';
import {
  type Given,
  type Options,
  type Values,
  camelCase,
  entriesOf,
  isPlainObject,
  resolve,
  plain as read,
} from '../option/index.js';
import type { Schedule } from './schedules.js';
import { type Matcher, type ParametersOf, type Selection, matcherOf, namesOf } from './selection.js';
import type { Common } from './settings.js';

/** Weight decay with exceptions. */
export interface WeightDecay {
  /** The share of a weight that a step of rate 1 subtracts. Default: that of the optimizer. */
  readonly rate?: number | undefined;
  /** The parameters that do not decay; `'vectors'`, gains and biases, is the usual choice. */
  readonly exclude?: Selection | undefined;
}

/** Options that need not be numbers: a schedule of the rate, and weight decay with exceptions. */
interface Beside {
  readonly learningRate?: number | Schedule | undefined;
  readonly weightDecay?: number | WeightDecay | undefined;
}

/** The same, mapped from the options of an optimizer, so that their comments come along. */
type BesideOf<D extends Common> = {
  readonly [K in keyof Pick<D, keyof Beside>]?: Beside[K];
};

type Plain<D extends Common> = Omit<Given<D>, 'learningRate' | 'weightDecay'>;

/** Some parameters with their own options; options left out are those of all others. */
export type ParameterGroup<D extends Common> = Omit<Plain<D>, 'convention'> &
  BesideOf<D> & {
    /** The parameters of the group; one that several groups select belongs to the first. */
    readonly parameters: Selection;
  };

/** The options of an optimizer. */
export type OptimizerOptions<D extends Common> = Plain<D> &
  BesideOf<D> & {
    /** Parameters with their own options, such as a smaller rate for a pretrained part. */
    readonly groups?: readonly ParameterGroup<D>[] | undefined;
    /** The model, or the parameters, whose names patterns match; `fit` sets its model. */
    readonly names?: ParametersOf | undefined;
  };

/** The plain options, with defaults. */
export type Settings<D extends Options> = Omit<Values<D>, 'learningRate'>;

/** The options and learning rate of some parameters. */
export interface Rule<D extends Options> {
  readonly options: Settings<D>;
  /** That of the optimizer by default. */
  readonly learningRate: number | Schedule | undefined;
}

interface Group<D extends Options> extends Rule<D> {
  readonly means: Matcher;
  readonly exclude: Matcher | undefined;
}

const EVERY: Matcher = { matches: () => true, demandUse: () => undefined };

/** The options of an optimizer for each parameter: those of its group, or of the rest. */
export class Groups<D extends Common> {
  /** The options of parameters in no group. */
  readonly rest: Rule<D> & { readonly learningRate: number | Schedule };
  readonly #groups: readonly Group<D>[];
  readonly #others: Matcher[] = [];
  readonly #rules = new WeakMap<Parameter, Rule<D>>();
  readonly #where: string;
  #names: ReadonlyMap<Parameter, string> = new Map();
  names: ParametersOf | undefined;

  /** Throws, in the name of `where`, if an option is wrong. */
  constructor(where: string, specs: D, { groups = [], names, ...given }: OptimizerOptions<D>) {
    this.#where = where;
    this.names = names;
    const plain = given as Beside;
    const rest = group(where, specs, plain, EVERY);
    this.rest = { ...rest, learningRate: rest.learningRate ?? specs.learningRate.default };
    if (!isList(groups)) {
      const expected = 'a list of groups { parameters, … }';
      throw new NormtapeError({ where: `${where}.groups`, expected, received: groups });
    }
    const stated: readonly ParameterGroup<D>[] = groups;
    const own = stated.map((some, i) => {
      const at = `${where}.groups[${i}]`;
      const entries = entriesOf(some);
      const given = Object.fromEntries(entries ?? []) as ParameterGroup<D>;
      if (!entries || 'convention' in given) {
        const expected = 'an object { parameters, … } of options other than convention';
        throw new NormtapeError({ where: at, expected, received: some });
      }
      const { parameters, ...options } = given;
      const own = spelled(at, options as Beside);
      const means = matcherOf(`${at}.parameters`, parameters);
      return group(at, specs, { ...without(spelled(where, plain), own), ...own }, means);
    });
    this.#groups = [...own, { ...rest, learningRate: undefined }];
  }

  /** The options and learning rate of a parameter. */
  of(parameter: Parameter): Rule<D> {
    const known = this.#rules.get(parameter);
    if (known) return known;
    const name = (): string => this.#nameOf(parameter);
    const { options, learningRate, exclude } = this.#groups.find(({ means }) =>
      means.matches(parameter, name),
    )!;
    const rule = exclude?.matches(parameter, name)
      ? { learningRate, options: { ...options, weightDecay: 0 } }
      : { learningRate, options };
    this.#rules.set(parameter, rule);
    return rule;
  }

  /** A function that says whether a parameter is in a selection, for other options of an optimizer. */
  selecting(where: string, selection: Selection): (parameter: Parameter) => boolean {
    const matcher = matcherOf(where, selection);
    this.#others.push(matcher);
    return (parameter) => matcher.matches(parameter, () => this.#nameOf(parameter));
  }

  #nameOf(parameter: Parameter): string {
    const known = this.#names.get(parameter);
    if (known !== undefined) return known;
    const where = `${this.#where}.names`;
    if (!this.names) {
      const hint = 'A pattern chooses parameters by name: state { names: model }.';
      throw new NormtapeError({
        where,
        expected: 'the model whose parameters have these names',
        received: undefined,
        hint,
      });
    }
    const pairs = namesOf(where, this.names);
    const found = pairs.map(([name]) => name);
    const matchers = this.#groups.flatMap(({ means, exclude }) => [means, exclude]);
    for (const matcher of [...matchers, ...this.#others]) matcher?.demandUse(found);
    this.#names = new Map(pairs.map(([name, own]) => [own, name]));
    const own = this.#names.get(parameter);
    if (own !== undefined) return own;
    const received = `a parameter of the shape ${JSON.stringify(parameter.shape)} that the model does not have`;
    throw new NormtapeError({ where, expected: 'a model that has every parameter to update', received });
  }
}

function group<D extends Common>(where: string, specs: D, given: Beside, means: Matcher): Group<D> {
  const { learningRate: rate, weightDecay: decay, ...plain } = spelled(where, given);
  const apart = isPlainObject(decay) ? readDecay(where, decay) : undefined;
  const { learningRate, ...options } = resolve(where, specs, {
    ...plain,
    learningRate: typeof rate === 'function' ? undefined : rate,
    weightDecay: apart ? apart.rate : decay,
  } as unknown as Given<D>) as Values<D>;
  if (apart?.exclude !== undefined && options['weightDecay'] === 0) {
    const hint = 'With a rate of 0, nothing decays.';
    throw new NormtapeError({
      where: `${where}.weightDecay.rate`,
      expected: 'a rate above 0',
      received: 0,
      hint,
    });
  }
  return {
    means,
    options: options as unknown as Settings<D>,
    learningRate:
      rate === undefined ? undefined : typeof rate === 'function' ? rate : (learningRate as number),
    exclude:
      apart && apart.exclude !== undefined
        ? matcherOf(`${where}.weightDecay.exclude`, apart.exclude)
        : undefined,
  };
}

/** The same with learningRate and weightDecay in camelCase, whichever way they were spelled. */
function spelled(where: string, given: Beside): Beside {
  const pairs = Object.entries(given).map(([key, value]) => {
    const name = camelCase(key);
    return [name === 'learningRate' || name === 'weightDecay' ? name : key, value] as const;
  });
  const twice = pairs.find(([key], i) => pairs.findIndex(([other]) => other === key) !== i);
  if (!twice) return Object.fromEntries(pairs);
  const received = Object.keys(given).filter((key) => camelCase(key) === twice[0]);
  const expected = 'one spelling of the option';
  throw new NormtapeError({ where: `${where}.${twice[0]}`, expected, received });
}

/** The options that a group inherits: those that it does not state, except the learning rate. */
function without(given: Beside, own: Beside): Beside {
  const stated = new Set(['learningRate', ...Object.keys(own).map(camelCase)]);
  return Object.fromEntries(Object.entries(given).filter(([key]) => !stated.has(camelCase(key))));
}

function readDecay(where: string, given: Readonly<Record<string, unknown>>): WeightDecay {
  const { rate, exclude, ...rest } = read(`${where}.weightDecay`, given);
  const [stray] = Object.keys(rest);
  if (stray === undefined) return { rate, exclude } as WeightDecay;
  throw new NormtapeError({
    where: `${where}.weightDecay`,
    expected: 'an object of rate and exclude alone',
    received: stray,
  });
}
