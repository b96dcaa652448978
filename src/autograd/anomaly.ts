import { type NdArray, flat, sizeOf } from '../array/index.js';
import { demandFunction } from '../demand.js';
import { NormtapeError, type Report } from '../error.js';
import { synchronous } from './promise.js';
import type { Pulled } from './rule.js';
import { type Entry, type Observer, Tensor, arrayOf, withObserver } from './tape.js';

/** The largest number of rows that an error names. */
const ROWS = 8;

/**
 * Runs f: forward passes, backward passes, steps of an optimizer. Throws at the first op that computes NaN, as its value or
 * as a gradient, from inputs without NaN. If the result of f, a loss or the gradient of a leaf is infinite, throws for
 * the op that made the infinity; an infinity in between, such as the −∞ of a mask before softmax, is no error. The error
 * names the op, the inputs that were infinite already, and the rows. `place` names where the program is, such as the
 * module that is running.
 */
export function watchFinite<Y>(f: () => Y, place: () => string | undefined = () => undefined): Y {
  demandFunction('detectAnomaly', f);
  const watcher = new Watcher(place);
  const result = synchronous('detectAnomaly', withObserver(watcher, f), 'What is awaited is not watched.');
  if (result instanceof Tensor) watcher.demandFinite(result);
  return result;
}

/** The error for an op that made an infinity of finite inputs. It holds no array, since that may be freed before. */
type Origin = Report;

class Watcher implements Observer {
  readonly #place: () => string | undefined;
  readonly #places = new WeakMap<Entry, string | undefined>();
  readonly #made = new WeakSet<Tensor>();
  /** The origin of infinities in a value, which a checkpoint returns as it is, and of those in the gradient of a tensor. */
  readonly #origins = new WeakMap<NdArray, Origin>();
  readonly #gradientOrigins = new WeakMap<Tensor, Origin>();
  readonly #read = new WeakSet<Tensor>();

  constructor(place: () => string | undefined) {
    this.#place = place;
  }

  recorded(entry: Entry): void {
    this.#places.set(entry, this.#place());
    for (const input of entry.inputs) this.#read.add(input);
    for (const [i, output] of entry.outputs.entries()) {
      this.#made.add(output);
      const value = arrayOf(output);
      const kind = kindOf(value);
      if (kind === 'finite') continue;
      const name = entry.outputs.length > 1 ? `output ${i} of ${this.#named(entry)}` : this.#named(entry);
      if (kind === 'NaN') throw new NormtapeError(this.#madeNaN(name, entry, value));
      const known = this.#originAmong([value, ...entry.inputs.map(arrayOf)]);
      this.#origins.set(value, known ?? anomaly(name, 'a finite value', value, blame(entry)));
    }
  }

  pulled(entry: Entry, gradients: Pulled, needed: readonly boolean[]): void {
    for (const output of entry.outputs) {
      if (output.size === 1 && !this.#read.has(output)) this.demandFinite(output);
    }
    for (const [i, gradient] of gradients.entries()) {
      if (!gradient || !needed[i]) continue;
      const kind = kindOf(gradient);
      if (kind === 'finite') continue;
      const where = `gradient of input ${i} of ${this.#named(entry)}`;
      const known = entry.outputs.map((output) => this.#gradientOrigins.get(output)).find(Boolean);
      const input = entry.inputs[i]!;
      const told = (hint: string): Report => anomaly(where, 'a finite gradient', gradient, hint);
      if (kind === 'NaN') throw new NormtapeError(told(this.#blameBack(entry, known)));
      const origin = known ?? told(STEEP);
      if (!this.#made.has(input)) throw new NormtapeError(origin);
      this.#gradientOrigins.set(input, origin);
    }
  }

  /** Throws if a result, such as a loss, is infinite. */
  demandFinite(result: Tensor): void {
    const origin = this.#origins.get(arrayOf(result));
    if (origin) throw new NormtapeError(origin);
  }

  #named(entry: Entry): string {
    const where = this.#places.get(entry) ?? this.#place();
    return where === undefined ? entry.op : `${entry.op} in ${where}`;
  }

  #madeNaN(where: string, entry: Entry, value: NdArray): Report {
    const origin = this.#originAmong(entry.inputs.map(arrayOf));
    if (!origin) return anomaly(where, 'a finite value', value, blame(entry));
    const hint = `One input has an infinity that ${origin.where} computed.`;
    return anomaly(where, 'a value without NaN', value, hint, Number.isNaN);
  }

  /** The origin of the first of these arrays whose infinities an op made. */
  #originAmong(arrays: readonly NdArray[]): Origin | undefined {
    return arrays.map((array) => this.#origins.get(array)).find(Boolean);
  }

  #blameBack({ inputs, outputs }: Entry, origin: Origin | undefined): string {
    if (origin) return `The incoming gradient is infinite; the first infinite one was the ${origin.where}.`;
    const isInfinite = [...inputs, ...outputs].some((tensor) => kindOf(arrayOf(tensor)) !== 'finite');
    return isInfinite ? 'It read or computed an infinity, through which the gradient is undefined.' : STEEP;
  }
}

const STEEP = 'The value was finite: its derivative is not, or the incoming gradient was too large.';

type Odd = (x: number) => boolean;

const isOdd: Odd = (x) => !Number.isFinite(x);

function anomaly(where: string, expected: string, value: NdArray, hint: string, odd = isOdd): Report {
  const rows = badRows(value, odd);
  const some = rows.length > ROWS ? `${rows.slice(0, ROWS).join(', ')}, …` : rows.join(', ');
  const [count, size] = [flat(value).filter(odd).length, sizeOf(value.shape)];
  const what = odd === isOdd ? 'not finite' : 'NaN';
  const received = `${count} of ${size} ${what}, in ${rows.length === 1 ? 'row' : 'rows'} ${some} of the shape ${JSON.stringify(value.shape)}`;
  return { where, expected, received, hint };
}

/** A hint: the inputs that were not finite already, or the shapes of the inputs. */
function blame({ inputs }: Entry): string {
  const bad = inputs.flatMap((input, i) => (kindOf(arrayOf(input)) === 'finite' ? [] : i));
  const shapes = inputs.map(({ shape }) => JSON.stringify(shape)).join(' and ');
  return bad.length
    ? `Input ${bad.join(' and ')} was not finite already, and no op computed it: check the data.`
    : `Its inputs, of the shape ${shapes}, were finite.`;
}

/** The kind of the worst number of an array. */
function kindOf(a: NdArray): 'finite' | 'infinite' | 'NaN' {
  let kind: 'finite' | 'infinite' = 'finite';
  for (const x of flat(a)) {
    if (Number.isNaN(x)) return 'NaN';
    if (!Number.isFinite(x)) kind = 'infinite';
  }
  return kind;
}

/** The rows with an odd number; they are counted through all axes but the last. */
function badRows(a: NdArray, odd: Odd): number[] {
  const width = a.shape.at(-1) ?? 1;
  const rows = new Set<number>();
  flat(a).forEach((x, i) => {
    if (odd(x)) rows.add(Math.floor(i / width));
  });
  return [...rows];
}
