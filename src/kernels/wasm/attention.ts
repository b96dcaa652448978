import { type Heads, type Matrices, someOf } from '../head.js';
import { attentionBy } from '../js/attention.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import { compiled } from './call.js';
import type { Exports } from './exports.js';
import { matmul, placed } from './matmul.js';
import { LARGEST } from './mend.js';
import type { Staging } from './staging.js';

/** Other dtypes, and heads in which a number is not finite. */
const products = attentionBy(matmul);

/** The address of each matrix, and the steps to the next row and column; address 0 if there is none. */
interface Placed {
  at(index: number): number;
  readonly row: number;
  readonly column: number;
}

const NONE: Placed = { at: () => 0, row: 0, column: 0 };

/** Matrices where they lie, or copies of them without gaps. */
function place(memory: Staging, rows: number, columns: number, matrices: Matrices | undefined): Placed {
  if (!matrices) return NONE;
  const { data, starts, row, column } = matrices;
  const address = memory.arena.addressOf(data);
  if (address) return { at: (i) => address + starts[i]! * data.BYTES_PER_ELEMENT, row, column };
  const copies = new Map<number, ReturnType<typeof placed>>();
  for (const at of starts)
    if (!copies.has(at)) copies.set(at, placed(memory, rows, columns, { data, at, row, column }));
  const [first = NONE] = copies.values();
  return { at: (i) => copies.get(starts[i]!)!.at, row: first.row, column: first.column };
}

/** The task of one head after the other, as attention32.ts reads it: what they have in common is written once. */
function taskOf(memory: Staging, heads: Heads) {
  const { queries, keys, width, depth, sharing, causal, bias, hidden, factors } = heads;
  const matrices = [
    place(memory, queries, width, heads.query),
    place(memory, keys, width, heads.key),
    place(memory, keys, depth, heads.value),
    ...[bias, hidden, factors].map((pairs) => place(memory, queries, keys, pairs)),
  ];
  const sizes = [queries, keys, width, depth, Number(causal)];
  const layouts = matrices.flatMap(({ row, column }) => [0, row, column]);
  const own = sizes.length + layouts.length;
  const address = memory.readIntegers([...sizes, ...layouts, ...Array<number>(OWN).fill(0)]);
  const fields = new Int32Array(memory.arena.buffer, address, own + OWN);
  return {
    address,
    /** Chooses a head, and the addresses of its output and gradients. */
    choose(h: number, places: readonly number[]): void {
      const group = Math.floor(h / sharing);
      matrices.forEach(({ at }, i) => (fields[sizes.length + 3 * i] = at(i === 1 || i === 2 ? group : h)));
      fields.set(places, own);
    },
  };
}

/** The count of addresses that a head has for itself. */
const OWN = 7;

const isSingle = (
  { query, key, value, bias, hidden, factors }: Heads,
  ...others: readonly Numbers[]
): boolean =>
  [query, key, value, bias, hidden, factors].every((a) => !a || a.data instanceof Float32Array) &&
  others.every((numbers) => numbers instanceof Float32Array);

/** The part of a buffer that belongs to one of so many heads or groups. */
const part = <N extends Numbers>(all: N, i: number, count: number): N =>
  all.subarray((i * all.length) / count, ((i + 1) * all.length) / count) as N;

/**
 * Declines for float64. A head in which a number is not finite is computed by itself, with products that overflow summed up in
 * float64.
 */
export const attend: Kernels['attend'] = (heads, out, measures) => {
  const { queries, keys, depth, scale, query } = heads;
  const count = query.starts.length;
  let failed: number[] = [];
  const ran =
    isSingle(heads, out) &&
    compiled((exports, memory) => {
      const task = taskOf(memory, heads);
      const [to, sums] = [memory.update(out), memory.write(measures)];
      const work = memory.room(exports.attendWork(queries, keys));
      failed = [];
      for (let h = 0; h < count; h++) {
        task.choose(h, [to + 4 * h * queries * depth, sums + 16 * h * queries]);
        if (exports.attend32(task.address, scale, work) === 0) failed.push(h);
      }
    });
  if (!ran) return products.attend(heads, out, measures);
  for (const h of failed) products.attend(someOf(heads, h, 1), part(out, h, count), part(measures, h, count));
};

/** As `attend`, for all heads that share the keys at a time. */
export const attendBack: Kernels['attendBack'] = (heads, gradient, out, measures, outgoing) => {
  const { queries, keys, width, depth, scale, sharing, key } = heads;
  const { ofQuery, ofKey, ofValue, ofBias } = outgoing;
  const groups = key.starts.length;
  let failed: number[] = [];
  const ran =
    isSingle(heads, gradient, out, ofQuery, ofKey, ofValue, ...(ofBias ? [ofBias] : [])) &&
    compiled((exports, memory) => {
      const task = taskOf(memory, heads);
      const [g, o, sums] = [memory.read(gradient), memory.read(out), memory.read(measures)];
      const [toQuery, toKey, toValue] = [ofQuery, ofKey, ofValue].map((numbers) => memory.update(numbers));
      const toBias = ofBias ? memory.update(ofBias) : 0;
      const work = memory.room(exports.attendWork(queries, keys));
      failed = [];
      for (let group = 0; group < groups; group++) {
        const [dk, dv] = [toKey! + 4 * group * keys * width, toValue! + 4 * group * keys * depth];
        let isFine = true;
        for (let h = group * sharing; isFine && h < (group + 1) * sharing; h++) {
          const rows = h * queries;
          const places = [o, g].map((at) => at + 4 * rows * depth);
          task.choose(h, [
            places[0]!,
            sums + 16 * rows,
            places[1]!,
            toQuery! + 4 * rows * width,
            dk,
            dv,
            toBias && toBias + 4 * rows * keys,
          ]);
          isFine = exports.attendBack32(task.address, scale, work) === 1;
        }
        if (!isFine || !areFinite(exports, [dk, keys * width], [dv, keys * depth])) failed.push(group);
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

const areFinite = ({ within32 }: Exports, ...parts: readonly (readonly [number, number])[]): boolean =>
  parts.every(([at, count]) => within32(at, count, LARGEST) === 1);
