import { type Heads, type Matrices, someOf } from '../head.js';
import { attentionBy } from '../js/attention.js';
import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import { compiled } from './call.js';
import type { Exports } from './exports.js';
import { type Layout, matmul, placed } from './matmul.js';
import { LARGEST } from './mend.js';
import { DEPTH } from './runs.js';
import type { Staging } from './staging.js';

/** Attention by matrix products, for other dtypes and for heads in which a number is not finite. */
const products = attentionBy(matmul);

/** The address of each matrix, and the steps to the next row and column; address 0 if there is none. */
interface Placed {
  at(index: number): number;
  readonly row: number;
  readonly column: number;
}

const NONE: Placed = { at: () => 0, row: 0, column: 0 };

/** Matrices where they lie, or copies of them without gaps. */
function place(memory: Staging, rows: number, columns: number, matrices: Matrices): Placed {
  const { data, starts, row, column } = matrices;
  const address = memory.arena.addressOf(data);
  if (address) return { at: (i) => address + starts[i]! * data.BYTES_PER_ELEMENT, row, column };
  const copies = new Map<number, Layout>();
  for (const at of starts)
    if (!copies.has(at)) copies.set(at, placed(memory, rows, columns, { data, at, row, column }));
  const [first = NONE] = copies.values();
  return { at: (i) => copies.get(starts[i]!)!.at, row: first.row, column: first.column };
}

/** Numbers for pairs of a query and a key, of which a row must have no gaps. */
function placePairs(memory: Staging, { queries, keys }: Heads, pairs: Matrices | undefined): Placed {
  if (!pairs) return NONE;
  if (pairs.column === 1) return place(memory, queries, keys, pairs);
  const [size, places] = [queries * keys, [...new Set(pairs.starts)]];
  const data = new Float32Array(size * places.length);
  places.forEach((at, i) =>
    js.copy(queries, keys, pairs.data, { ...pairs, at }, data, { at: i * size, row: keys, column: 1 }),
  );
  const starts = pairs.starts.map((at) => places.indexOf(at) * size);
  return place(memory, queries, keys, { data, starts, row: keys, column: 1 });
}

/** About how many bytes the scores of a block of queries take: they stay in the level-2 cache. */
const ROOM = 1 << 17;

/**
 * The queries of a block, and the bytes from one row of its scores to the next: room for four more, and an odd count of lines of
 * the cache, so that the numbers of a column do not compete for the same places in it.
 */
function blockOf({ queries, keys }: Heads): readonly [block: number, step: number] {
  const step = 64 * (Math.floor((keys + 19) / 16) | 1);
  return [Math.min(queries, Math.max(32, Math.min(128, Math.floor(ROOM / step)))), step];
}

/** The bytes of work space: a strip of a matrix, and the scores and slopes of a block. */
const workOf = (heads: Heads): number => {
  const [block, step] = blockOf(heads);
  return 64 * DEPTH + 2 * block * step;
};

/** The count of addresses that a head has for itself. */
const OWN = 7;

/** The task of one head after the other, as attention32.ts reads it: what they have in common is written once. */
function taskOf(memory: Staging, heads: Heads) {
  const { queries, keys, width, depth, sharing, causal } = heads;
  const matrices = [
    place(memory, queries, width, heads.query),
    place(memory, keys, width, heads.key),
    place(memory, keys, depth, heads.value),
    ...[heads.bias, heads.hidden, heads.factors].map((pairs) => placePairs(memory, heads, pairs)),
  ];
  const sizes = [queries, keys, width, depth, ...blockOf(heads), Number(causal)];
  const layouts = matrices.flatMap(({ row, column }) => [0, row, column]);
  const own = sizes.length + layouts.length;
  const address = memory.readIntegers([...sizes, ...layouts, ...Array<number>(OWN).fill(0)]);
  const fields = new Int32Array(memory.arena.buffer, address, own + OWN);
  return {
    address,
    /** Chooses a head, and the addresses of its output and gradients. */
    choose(h: number, ...places: readonly number[]): void {
      const group = Math.floor(h / sharing);
      matrices.forEach(({ at }, i) => (fields[sizes.length + 3 * i] = at(i === 1 || i === 2 ? group : h)));
      places.forEach((at, i) => (fields[own + i] = at));
    },
  };
}

/** The least scale, apart from 0, that keeps its digits in float32 in any product. */
const LEAST_SCALE = 2 ** -100;

/** Whether all numbers are float32, and the scale too. */
const isSingle = (
  { query, key, value, bias, hidden, factors, scale }: Heads,
  ...others: readonly Numbers[]
): boolean =>
  [query, key, value, bias, hidden, factors].every((a) => !a || a.data instanceof Float32Array) &&
  others.every((numbers) => numbers instanceof Float32Array) &&
  (scale === 0 || Math.abs(scale) >= LEAST_SCALE);

/** The part of a buffer that belongs to one of so many heads or groups. */
const part = <N extends Numbers>(all: N, i: number, count: number): N =>
  all.subarray((i * all.length) / count, ((i + 1) * all.length) / count) as N;

/** Whether all sums of some parts of the memory are finite. */
const fitFloat32 = ({ within32 }: Exports, ...parts: readonly (readonly [number, number])[]): boolean =>
  parts.every(([at, count]) => within32(at, count, LARGEST) === 1);

/**
 * Declines for float64, or for a scale near 0. A head in which a number is not finite is computed by itself, with products that
 * overflow summed up in float64.
 */
export const attend: Kernels['attend'] = (heads, out, measures) => {
  const { queries, depth, scale, query } = heads;
  const count = query.starts.length;
  let failed: number[] = [];
  const ran =
    isSingle(heads, out) &&
    compiled((exports, memory) => {
      // The kernel leaves out queries that see no key.
      out.fill(0);
      const task = taskOf(memory, heads);
      const [to, sums] = [memory.update(out), memory.write(measures)];
      const work = memory.room(workOf(heads));
      failed = [];
      for (let h = 0; h < count; h++) {
        task.choose(h, to + 4 * h * queries * depth, sums + 16 * h * queries);
        if (exports.attend32(task.address, scale, work) === 0) failed.push(h);
      }
    });
  if (!ran) return products.attend(heads, out, measures);
  for (const h of failed) products.attend(someOf(heads, h, 1), part(out, h, count), part(measures, h, count));
};

/**
 * Declines as `attend`, and for values of width 0. If a number is not finite, all heads that share the keys are computed
 * again.
 */
export const attendBack: Kernels['attendBack'] = (heads, gradient, out, measures, outgoing) => {
  const { queries, keys, width, depth, scale, sharing, key } = heads;
  const { ofQuery, ofKey, ofValue, ofBias } = outgoing;
  const groups = key.starts.length;
  let failed: number[] = [];
  const ran =
    depth > 0 &&
    isSingle(heads, gradient, out, ofQuery, ofKey, ofValue, ...(ofBias ? [ofBias] : [])) &&
    compiled((exports, memory) => {
      // The kernel adds to the gradients of keys and values, and leaves out what is hidden by position.
      for (const gradients of [ofQuery, ofKey, ofValue, ofBias]) gradients?.fill(0);
      const task = taskOf(memory, heads);
      const [g, o, sums] = [memory.read(gradient), memory.read(out), memory.read(measures)];
      const [toQuery, toKey, toValue] = [ofQuery, ofKey, ofValue].map((numbers) => memory.update(numbers));
      const toBias = ofBias ? memory.update(ofBias) : 0;
      const work = memory.room(workOf(heads));
      failed = [];
      for (let group = 0; group < groups; group++) {
        const [dk, dv] = [toKey! + 4 * group * keys * width, toValue! + 4 * group * keys * depth];
        let isFine = true;
        for (let h = group * sharing; isFine && h < (group + 1) * sharing; h++) {
          const rows = h * queries;
          task.choose(
            h,
            o + 4 * rows * depth,
            sums + 16 * rows,
            g + 4 * rows * depth,
            toQuery! + 4 * rows * width,
            dk,
            dv,
            toBias && toBias + 4 * rows * keys,
          );
          isFine = exports.attendBack32(task.address, scale, work) === 1;
        }
        if (!isFine || !fitFloat32(exports, [dk, keys * width], [dv, keys * depth])) failed.push(group);
      }
    });
  if (!ran) return products.attendBack(heads, gradient, out, measures, outgoing);
  for (const group of failed) {
    const own = <N extends Numbers>(all: N): N => part(all, group, groups);
    products.attendBack(someOf(heads, group * sharing, sharing), own(gradient), own(out), own(measures), {
      ofQuery: own(ofQuery),
      ofKey: own(ofKey),
      ofValue: own(ofValue),
      ofBias: ofBias && own(ofBias),
    });
  }
};
