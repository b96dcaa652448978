import { foreign } from './copy.js';
import { cut, escaped } from './escape.js';

/** Longer values are cut by default: an error is to be read, and may contain a user's data. */
const LONGEST = 200;

/** The number of keys that are read in all, so that a huge value is shown as fast as a small one. */
const MOST_KEYS = 10_000;

/** Larger bigints take seconds to convert to text. */
const LARGEST = 10n ** 100n;

const UNREADABLE = 'an object that cannot be read';

/**
 * A value as text in one line, as JSON as far as possible. It works for every value and in bounded time: for revoked
 * proxies, getters that throw, circular references, and gigabytes.
 */
export function shown(value: unknown, longest = LONGEST): Shown {
  const writer = new Writer(longest);
  writer.write(value, true);
  const text = escaped(writer.text);
  return { text: cut(text, longest), isCut: text.length > longest, isForeign: writer.isForeign };
}

/** The text of a value for an error. */
interface Shown {
  readonly text: string;
  /** Whether the text was cut. */
  readonly isCut: boolean;
  /** Whether the value contains an object of another copy of Normtape. */
  readonly isForeign: boolean;
}

/** Whether a value is a promise, of this realm or another. */
export const isPromise = (value: unknown): boolean =>
  attempt(() => isObject(value) && 'then' in value && typeof value['then'] === 'function') ?? false;

/** Writes JSON until the text is long enough, with words for values that JSON cannot express. */
class Writer {
  text = '';
  isForeign = false;
  #keys = 0;
  readonly #open = new Set<object>();

  constructor(readonly longest: number) {}

  write(value: unknown, outermost = false): void {
    if (typeof value === 'string') this.text += JSON.stringify(value.slice(0, this.longest));
    else if (typeof value === 'bigint') this.text += numeral(value);
    else if (typeof value === 'function') this.text += named(value);
    else if (isObject(value)) this.#object(value, outermost);
    else this.text += String(value);
  }

  #object(value: Dictionary, outermost: boolean): void {
    const itself = foreignWords(value);
    if (itself !== undefined) {
      this.isForeign = true;
      this.text += outermost ? itself : JSON.stringify(itself);
    } else if (isPromise(value)) this.text += 'a promise';
    else if (this.#open.has(value)) this.text += 'itself';
    else {
      this.#open.add(value);
      const before = this.text;
      try {
        this.#content(value);
      } catch {
        this.text = before + UNREADABLE;
      }
      this.#open.delete(value);
    }
  }

  #content(value: Dictionary): void {
    const words = kindOf(value);
    if (words !== undefined) this.text += words;
    else if (Array.isArray(value)) this.#list(value);
    else if (isTypedArray(value)) this.#list(value);
    else if (typeof value['toJSON'] === 'function') this.#converted(value['toJSON']('') as unknown);
    else this.#dictionary(value);
  }

  /** Writes the result of toJSON, whose own toJSON is not called, as in JSON. */
  #converted(value: unknown): void {
    if (!isObject(value)) this.write(value);
    else if (this.#open.has(value)) this.#dictionary(value);
    else if (Array.isArray(value)) this.#list(value);
    else this.#dictionary(value);
  }

  #list(list: ArrayLike<unknown>): void {
    this.text += '[';
    const { length } = list;
    for (let i = 0; i < length && !this.#isFull; i++) {
      if (i > 0) this.text += ',';
      this.write(list[i]);
    }
    this.text += ']';
  }

  #dictionary(value: Dictionary): void {
    const keys = this.#isFull ? [] : Object.keys(value);
    const title = keys.length === 0 ? classOf(value) : undefined;
    if (title !== undefined) {
      this.text += `an object of class ${title}`;
      return;
    }
    this.text += '{';
    let isFirst = true;
    for (const key of keys) {
      if (this.#isFull) break;
      this.#keys++;
      const item = value[key];
      if (item === undefined) continue;
      this.text += `${isFirst ? '' : ','}${JSON.stringify(key.slice(0, this.longest))}:`;
      this.write(item);
      isFirst = false;
    }
    // Count listed keys even if they are not shown, because listing them takes time too.
    this.#keys += keys.length / 10;
    this.text += '}';
  }

  get #isFull(): boolean {
    return this.text.length > this.longest || this.#keys > MOST_KEYS;
  }
}

type Dictionary = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Dictionary => typeof value === 'object' && value !== null;

const isTypedArray = (value: object): value is ArrayLike<unknown> & object =>
  ArrayBuffer.isView(value) && 'length' in value;

const numeral = (value: bigint): string =>
  value > LARGEST || value < -LARGEST ? 'a bigint of more than 100 digits' : String(value);

/** The result of a user's code; undefined if it throws. */
function attempt<A>(look: () => A): A | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

const foreignWords = (value: unknown): string | undefined => attempt(() => foreign(value));

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The one-line description of a tensor, a module and the like; undefined for other values. */
function kindOf(value: object): string | undefined {
  if (!(INSPECT in value)) return undefined;
  const words = attempt(() => (value[INSPECT] as (depth: number) => unknown)(-1));
  return typeof words === 'string' ? words : undefined;
}

/** The name of an object's class; undefined for plain objects and objects without prototype. */
function classOf(value: object): string | undefined {
  const { constructor: made } = value as { readonly constructor?: unknown };
  return typeof made === 'function' && made !== Object && made.name !== 'Object' ? made.name : undefined;
}

/** A function by its name, because its source may be long. */
function named(value: object): string {
  const kind = attempt(() => /^class\b/.test(Function.prototype.toString.call(value))) ? 'class' : 'function';
  const name = attempt(() => (value as { readonly name?: unknown }).name);
  return typeof name === 'string' && name ? `the ${kind} ${name.slice(0, LONGEST)}` : `a ${kind}`;
}
