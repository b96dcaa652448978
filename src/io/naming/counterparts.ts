import { type NdArray, type Shape, concat, onAxis, sameShape, sizeOf, sliceView } from '../../array/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { Dense } from '../../nn/dense.js';
import { KernelLayer, REPARAMETERIZATION } from '../../nn/kernel-layer.js';
import type { Module } from '../../nn/module.js';
import type { Weight } from '../../nn/statistic.js';
import { flattenedIn } from './flattened.js';
import { LAYOUTS, type Layout, channelsFirst } from './layout.js';
import { type Form, type Naming, endsWith, joinedPath, translated } from './naming.js';

/** A weight of a model, and its layout in another framework. */
export interface Part {
  readonly name: string;
  readonly shape: Shape;
  readonly layout: Layout;
}

/** A tensor of another framework, and the weights of a model that it holds one after the other. */
export interface Counterpart {
  readonly as: string;
  readonly axis: number;
  readonly parts: readonly Part[];
  readonly shape: Shape;
}

/** The choices of a caller about the names of a model in another framework. */
export interface Choices {
  readonly naming: Naming;
  /** The first segments of every name there. */
  readonly prefix: string;
  /** Paths of layers or names of weights here and there; * stands for any one key. */
  readonly paths: Readonly<Record<string, string>>;
  /** The channels of flattened inputs that no layer tells; undefined if there are none. */
  readonly channels: number | undefined;
}

/**
 * The tensors of another framework that hold the weights of a model. Of several forms of a layer, the first counts that
 * `isMet` accepts, by the form, the path of the layer there and the layer.
 *
 * @throws {NormtapeError} If a weight has no name there, or two have one.
 */
export function counterpartsOf(
  where: string,
  model: Module,
  choices: Choices,
  isMet: (form: Form, path: string, layer: Module) => boolean,
): readonly Counterpart[] {
  if (!model.built) {
    const hint = 'Build it first: give it an input.';
    throw new NormtapeError({ where, expected: 'a module that is built', received: model, hint });
  }
  const { naming, paths } = choices;
  const modules: ReadonlyMap<string, Module> = new Map([['', model], ...model.namedModules()]);
  const weights = new Map<string, Weight>([...model.namedParameters(), ...model.statistics()]);
  demandPaths(where, paths, [...modules.keys(), ...weights.keys()]);
  const flattened = flattenedIn(model);
  const open = new Map<string, { axis: number; parts: Part[] }>();
  for (const [name, { shape }] of weights) {
    const { as, axis, owner, layout } = place(name);
    const part = { name, shape, layout: ordered(name, owner, LAYOUTS[layout]) };
    const known = open.get(as);
    if (known && axis === undefined) {
      const expected = `names of one weight each, but ${as} is ${known.parts[0]!.name}`;
      throw new NormtapeError({ where, expected, received: name });
    }
    if (known) known.parts.push(part);
    else open.set(as, { axis: axis ?? 0, parts: [part] });
  }
  return [...open].map(([as, { axis, parts }]) => ({ as, axis, parts, shape: shapeOf(as, axis, parts) }));

  /** The name there of a weight, by the rows of the modules that it lies in, from the outermost. */
  function place(name: string): {
    readonly as: string;
    readonly axis?: number;
    readonly owner: Module;
    readonly layout: keyof typeof LAYOUTS;
  } {
    let [owner, from, to, rest] = [model, '', choices.prefix, name];
    for (;;) {
      const joined = formOf(owner, to)?.tensors.find(({ weights: all }) => all.includes(rest));
      if (joined) {
        // Each part belongs to a layer below.
        const layer = ownerOf(joinedPath(from, rest.slice(0, rest.lastIndexOf('.'))));
        return { as: joinedPath(to, joined.as), axis: joined.axis, owner: layer, layout: joined.layout };
      }
      const row = rowOf(owner, rest, from);
      if (!row) break;
      [from, to, rest] = [joinedPath(from, row.from), joinedPath(to, row.to), row.rest];
      if (rest === '') return { as: to, owner, layout: 'same' };
      owner = ownerOf(from);
    }
    const named = classesOf(owner).find(({ weights: all }) => all && Object.hasOwn(all, rest))?.weights?.[
      rest
    ];
    if (!named && !naming.isOpen) throw nameless(name);
    return { as: joinedPath(to, named?.as ?? rest), owner, layout: named?.layout ?? 'same' };
  }

  function classesOf(owner: Module) {
    return naming.classes.filter(({ of }) => owner instanceof of);
  }

  function formOf(owner: Module, to: string): Form | undefined {
    const forms = classesOf(owner).flatMap(({ forms: all = [] }) => all);
    return forms.find((form) => isMet(form, to, owner));
  }

  /** The row for the next layers on the way to a weight; the name of the next layer itself, if names are kept. */
  function rowOf(owner: Module, rest: string, from: string) {
    const own = owner === model ? translated(paths, rest) : undefined;
    if (own) return own;
    for (const { layers } of classesOf(owner)) {
      const row = layers && translated(layers, rest);
      if (row && modules.has(joinedPath(from, row.from))) return row;
    }
    const segments = rest.split('.');
    const next = segments
      .map((_, i) => segments.slice(0, i + 1).join('.'))
      .find((path) => modules.has(joinedPath(from, path)));
    if (next === undefined) return undefined;
    if (!naming.isOpen) throw nameless(joinedPath(from, rest));
    return { from: next, to: next, rest: rest.slice(next.length + 1) };
  }

  function ownerOf(path: string): Module {
    return modules.get(path) ?? model;
  }

  function nameless(name: string): NormtapeError {
    const hint = 'Name its layer with the option paths.';
    return new NormtapeError({
      where,
      expected: 'weights that the naming has a name for',
      received: name,
      hint,
    });
  }

  /** The layout of a weight; throws if the layer computes with another one. */
  function ordered(name: string, owner: Module, layout: Layout): Layout {
    if (owner instanceof KernelLayer && owner[REPARAMETERIZATION](name.slice(name.lastIndexOf('.') + 1))) {
      const hint = 'Bake it in with fuseWeights before, and attach the norm again afterwards.';
      throw new NormtapeError({ where, expected: 'kernels without a norm', received: name, hint });
    }
    const known = flattened.get(owner);
    if (known === undefined || isOfOutputs(name, owner) || sizeOf(weights.get(name)!.shape) === 1)
      return layout;
    const found = known === 'unknown' ? choices.channels : known;
    if (found !== undefined) return found === 1 ? layout : channelsFirst(layout, found);
    const hint = `State the number of channels of the images that Flatten reads: { channels: 3 }, or { channels: 1 } if the samples are not images.`;
    const expected = 'a known number of channels before Flatten';
    throw new NormtapeError({ where: `${where}: ${name}`, expected, received: undefined, hint });
  }

  function shapeOf(as: string, axis: number, parts: readonly Part[]): Shape {
    const shapes = parts.map(({ layout, shape }) => layout.shape(shape));
    const [first] = shapes;
    const alike = (shape: Shape | undefined) =>
      first !== undefined &&
      shape !== undefined &&
      sameShape(
        shape.map((n, i) => (i === axis ? 0 : n)),
        first.map((n, i) => (i === axis ? 0 : n)),
      );
    if (!first || (parts.length > 1 && !shapes.every(alike))) {
      const received = Object.fromEntries(parts.map(({ name, shape }) => [name, shape]));
      throw new NormtapeError({ where, expected: `weights that ${as} can hold`, received });
    }
    if (parts.length === 1) return first;
    return first.map((n, i) => (i === axis ? shapes.reduce((sum, shape) => sum + shape![axis]!, 0) : n));
  }
}

/** Whether a weight lies along the outputs of a layer, not its inputs. */
const isOfOutputs = (name: string, owner: Module): boolean =>
  owner instanceof Dense && endsWith(name, 'bias');

function demandPaths(where: string, paths: Readonly<Record<string, string>>, names: readonly string[]): void {
  const known = names.filter((name) => name !== '');
  for (const path of Object.keys(paths)) {
    if (known.some((name) => translated({ [path]: '' }, name)?.rest === '')) continue;
    const expected = 'paths of layers or names of weights of the model';
    throw new NormtapeError({
      where: `${where}.paths`,
      expected,
      received: path,
      hint: suggest(path, known),
    });
  }
}

/** The weights here that a tensor from there holds. */
export function partsHere(
  { axis, parts }: Counterpart,
  theirs: NdArray,
): readonly (readonly [string, NdArray])[] {
  if (parts.length === 1) {
    const [{ name, shape, layout }] = parts as readonly [Part];
    return [[name, layout.here(theirs, shape)]];
  }
  let at = 0;
  return parts.map(({ name, shape, layout }) => {
    const end = at + layout.shape(shape)![axis]!;
    const ranges = onAxis(axis, theirs.shape.length, [at, end]);
    at = end;
    return [name, layout.here(sliceView(theirs, ranges), shape)];
  });
}

/** The tensor there that holds weights from here. */
export function tensorThere({ axis, parts }: Counterpart, ours: Readonly<Record<string, NdArray>>): NdArray {
  const arrays = parts.map(({ name, layout }) => layout.there(ours[name]!));
  return arrays.length === 1 ? arrays[0]! : concat(arrays, axis);
}
