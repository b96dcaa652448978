import { NormtapeError } from '../../../src/index.js';
import { type Target } from './targets.js';

/** The place of a value in the arguments of a call: its position, then keys and positions inside. */
export type Place = readonly (string | number)[];

type Container = Record<string | number, unknown>;

/** Whether a value is a dictionary or a list in which one part can be replaced. */
const isContainer = (value: unknown): value is Container =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** A copy of nested lists and plain objects, so that changes do not affect the original. */
const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  if (!isContainer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
};

/** The arguments with the value at one place replaced. */
export function replaced(args: readonly unknown[], place: Place, value: unknown): readonly unknown[] {
  const copy = copied(args) as Container;
  const inside = place.slice(0, -1).reduce((level, key) => level[key] as Container, copy);
  inside[place.at(-1)!] = value;
  return copy as unknown as readonly unknown[];
}

const DEEPEST = 4;

function* within(value: unknown, at: Place): Generator<Place, void> {
  if (at.length > 0) yield at;
  if (!isContainer(value) || at.length === DEEPEST) return;
  // A list of numbers has two different places: the first and the last.
  const keys = Object.keys(value);
  const telling = Array.isArray(value) && keys.length > 2 ? [keys[0]!, keys.at(-1)!] : keys;
  for (const key of telling) yield* within(value[key], [...at, Array.isArray(value) ? Number(key) : key]);
}

const known = new Map<string, readonly Place[]>();

/** All places in a valid call: its arguments, their parts, and the options that the sample omits. */
export function placesOf(target: Target): readonly Place[] {
  const found = known.get(target.name);
  if (found) return found;
  const args = target.sample!();
  const stated = [...within(args, [])];
  const left = stated.flatMap((place) => optionsAt(target, args, place).map((name) => [...place, name]));
  const behind = optionsAt(target, [...args, {}], [args.length]).map((name) => [args.length, name]);
  const places = [...stated, ...left, ...behind];
  known.set(target.name, places);
  return places;
}

/** The options that are allowed in an object at a place, according to the error for an unknown one. */
function optionsAt(target: Target, args: readonly unknown[], place: Place): readonly string[] {
  const given = place.reduce<unknown>((level, key) => (level as Container)[key], args);
  if (!isContainer(given) || Array.isArray(given)) return [];
  try {
    const result = target.call(replaced(args, [...place, 'noOption'], 1));
    if (isGenerator(result)) result.next();
    // Too late for an answer: samples of asynchronous functions state every option.
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    if (!(error instanceof NormtapeError) || error.report.received !== 'noOption') return [];
    const names = /^one of the options (.*)$/.exec(error.report.expected)?.[1]?.split(', ') ?? [];
    return names.filter((name) => !(name in given));
  }
  return [];
}

/** Whether a value is a generator. */
export function isGenerator(value: unknown): value is Generator {
  try {
    return Object.prototype.toString.call(value) === '[object Generator]';
  } catch {
    return false;
  }
}
