import { type NdArray, flat, sizeOf } from '../array/index.js';
import { NormtapeError } from '../error.js';
import type { Observer } from './observers.js';
import { type Entry, type Pulled, observers } from './tape.js';

/** The most rows that an error names. */
const ROWS = 8;

/**
 * Runs f, whatever it does: forward, backward, steps of an optimizer. Throws at the first op whose value, or whose
 * gradient, is not finite, and says which it is, where its inputs were already bad, and in which rows.
 * `place` says in words where the program is, such as the module that is running.
 */
export const watchFinite = <Y>(f: () => Y, place: () => string | undefined = () => undefined): Y =>
  observers.with(watcher(place), f);

function watcher(place: () => string | undefined): Observer<Entry, Pulled> {
  const places = new WeakMap<Entry, string>();
  const named = (entry: Entry): string => {
    const where = places.get(entry) ?? place();
    return where === undefined ? entry.op : `${entry.op} in ${where}`;
  };
  return {
    recorded(entry) {
      const where = place();
      if (where !== undefined) places.set(entry, where);
      for (const [i, { value }] of entry.outputs.entries()) {
        if (isFinite(value)) continue;
        const output = entry.outputs.length > 1 ? `output ${i} of ` : '';
        throw anomaly(`${output}${named(entry)}`, 'a finite value', value, blame(entry));
      }
    },
    pulled(entry, gradients) {
      for (const [i, gradient] of gradients.entries()) {
        if (!gradient || isFinite(gradient)) continue;
        const hint = `The value was finite: the slope is not, or what came in from above was too large.`;
        throw anomaly(`gradient of input ${i} of ${named(entry)}`, 'a finite gradient', gradient, hint);
      }
    },
  };
}

function anomaly(where: string, expected: string, value: NdArray, hint: string): NormtapeError {
  const rows = badRows(value);
  const some = rows.length > ROWS ? `${rows.slice(0, ROWS).join(', ')}, …` : rows.join(', ');
  const [count, size] = [badCount(value), sizeOf(value.shape)];
  const received = `${count} of ${size} not finite, in rows ${some} of the shape ${JSON.stringify(value.shape)}`;
  return new NormtapeError({ where, expected, received, hint });
}

/** Which inputs were bad already, or their shapes. */
function blame({ inputs }: Entry): string {
  const bad = inputs.flatMap(({ value }, i) => (isFinite(value) ? [] : i));
  const shapes = inputs.map(({ shape }) => JSON.stringify(shape)).join(' and ');
  return bad.length
    ? `Input ${bad.join(' and ')} was not finite already, and no op made it: look at the data.`
    : `Its inputs, of the shape ${shapes}, were finite.`;
}

const isFinite = (a: NdArray): boolean => flat(a).every(Number.isFinite);

function badCount(a: NdArray): number {
  let count = 0;
  for (const x of flat(a)) if (!Number.isFinite(x)) count++;
  return count;
}

/** The rows, counted through all axes but the last, in which something is not finite. */
function badRows(a: NdArray): number[] {
  const width = a.shape.at(-1) ?? 1;
  const rows = new Set<number>();
  flat(a).forEach((x, i) => {
    if (!Number.isFinite(x)) rows.add(Math.floor(i / width));
  });
  return [...rows];
}
