import type { Module } from '../../nn/module.js';
import type { LAYOUTS } from './layout.js';

export type ClassOfModules = abstract new (...given: never[]) => Module;

/** The name of a weight in another framework, relative to its layer, and its layout there. */
export interface Named {
  readonly as: string;
  readonly layout: keyof typeof LAYOUTS;
}

/** Weights that are one tensor in another framework, one after the other along an axis of it. */
export interface Joined {
  readonly as: string;
  readonly axis: number;
  readonly layout: keyof typeof LAYOUTS;
  /** The weights here, relative to the layer. One that the layer does not have is left out. */
  readonly weights: readonly string[];
}

/** One of the forms in which a framework keeps the weights of a layer. */
export interface Form {
  /** Whether the framework can keep this layer in that form. */
  fits(layer: Module): boolean;
  readonly tensors: readonly Joined[];
}

/** What the members of a class of modules are called in another framework. */
export interface ClassNames {
  readonly of: ClassOfModules;
  /** The paths of layers below it, here and there; * stands for any one key. */
  readonly layers?: Readonly<Record<string, string>>;
  readonly weights?: Readonly<Record<string, Named>>;
  /** The forms that join several weights of layers below it; if none is met, these layers have tensors of their own. */
  readonly forms?: readonly Form[];
}

/** The names of another framework, or of models in it. The first entry that has a row for a module holds. */
export interface Naming {
  readonly classes: readonly ClassNames[];
  /** Whether layers and weights without a row keep their names; otherwise they are refused. */
  readonly isOpen: boolean;
  /** Last segments of the names of tensors that are no weights, and that no output depends on. */
  readonly buffers: readonly string[];
  /** Tensors that repeat another one, under the names of both, in models that share it. */
  readonly copies?: Readonly<Record<string, string>>;
}

/** A dotted path of several segments; empty ones are left out. */
export const joinedPath = (...segments: readonly string[]): string =>
  segments.filter((segment) => segment !== '').join('.');

/**
 * The path there of the leading segments of a path here, and the rest, by the row of the most segments; undefined if no
 * row fits.
 */
export function translated(
  rows: Readonly<Record<string, string>>,
  path: string,
): { readonly from: string; readonly to: string; readonly rest: string } | undefined {
  const segments = path.split('.');
  const [best] = Object.entries(rows)
    .flatMap(([from, to]) => {
      const pattern = from.split('.');
      const fits = pattern.every((one, i) => i < segments.length && (one === '*' || one === segments[i]));
      return fits ? { pattern, to } : [];
    })
    .sort((a, b) => b.pattern.length - a.pattern.length);
  if (!best) return undefined;
  const taken = segments.slice(0, best.pattern.length);
  const keys = taken.filter((_, i) => best.pattern[i] === '*');
  return {
    from: taken.join('.'),
    to: best.to
      .split('.')
      .map((segment) => (segment === '*' ? (keys.shift() ?? '*') : segment))
      .join('.'),
    rest: segments.slice(best.pattern.length).join('.'),
  };
}

/** Whether a name ends with the segments of another one. */
export const endsWith = (name: string, ending: string): boolean => `.${name}`.endsWith(`.${ending}`);
