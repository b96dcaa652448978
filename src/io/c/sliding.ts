import type { Node } from '../graph/node.js';
import { type Index, plus, times } from './layout.js';
import { BINDING, atom, operation } from './text.js';
import { type Row, type Writing, number, numbers } from './writing.js';

/** The places of a window at an index of the output, those beyond the image left out. */
function windows(
  to: Writing,
  node: Node,
  [rows, columns]: readonly [number, number],
  index: Index,
  body: (row: string, column: string, inRow: string, inColumn: string) => void,
): void {
  const [, height, width] = node.inputs[0]!.shape as readonly [number, number, number];
  const [pads, strides] = [numbers(node, 'pads'), numbers(node, 'strides')];
  const dilations = (node.attributes['dilations'] as readonly number[] | undefined) ?? [1, 1];
  const along = (
    axis: 0 | 1,
    size: number,
    count: number,
    name: string,
    next: (at: string, k: string) => void,
  ) =>
    to.loop(count, (k) => {
      const start = plus(times(index[1 + axis]!, strides[axis]!), -pads[axis]!);
      const step = times(k, dilations[axis]!);
      const at = step === '0' ? start : start === '0' ? step : `${start} + ${step}`;
      const last =
        (node.shape[1 + axis]! - 1) * strides[axis]! - pads[axis]! + (count - 1) * dilations[axis]!;
      const isInside = pads[axis] === 0 && last < size;
      if (isInside) return next(at, k);
      const name_ = to.variable('const int', name, at);
      to.line(`if (${name_} < 0 || ${name_} >= ${size}) continue;`);
      next(name_, k);
    });
  along(0, height, rows, 'row', (row, i) =>
    along(1, width, columns, 'column', (column, j) => body(row, column, i, j)),
  );
}

/** Convolutions and poolings of images [samples, height, width, channels]. */
export const SLIDING: Readonly<Record<'conv' | 'maxPool' | 'averagePool', Row>> = {
  conv: {
    form: 'product',
    element(to, node, index) {
      const [x, kernel] = node.inputs as readonly [Node, Node];
      const [rows, columns, channels, filters] = kernel.shape as readonly [number, number, number, number];
      const groups = number(node, 'groups');
      const filter = index[3]!;
      const each = filters / groups;
      const sum = to.variable('real', 'sum', '0');
      windows(to, node, [rows, columns], index, (row, column, i, j) =>
        to.loop(channels, (k) => {
          const group = each === 1 ? filter : `${filter} / ${each}`;
          const first = groups === 1 ? '' : times(group, channels);
          const channel = first === '' ? k : k === '0' ? first : `${first} + ${k}`;
          const seen = to.element(x, [index[0]!, row, column, channel]);
          const weight = to.element(kernel, [i, j, k, filter]);
          to.line(`${sum} += ${operation(to.real, seen, '*', weight, BINDING.product).text};`);
        }),
      );
      return atom(sum);
    },
  },
  maxPool: {
    form: 'product',
    element(to, node, index) {
      const size = numbers(node, 'size') as readonly [number, number];
      const most = to.variable('real', 'most', '-INFINITY');
      windows(to, node, size, index, (row, column) => {
        const seen = to.element(node.inputs[0]!, [index[0]!, row, column, index[3]!]);
        to.line(`${most} = ${to.call('maximum', atom(most), seen).text};`);
      });
      return atom(most);
    },
  },
  averagePool: {
    form: 'product',
    element(to, node, index) {
      const size = numbers(node, 'size') as readonly [number, number];
      const sum = to.variable('real', 'sum', '0');
      const count = to.variable('int', 'count', '0');
      windows(to, node, size, index, (row, column) => {
        to.line(`${sum} += ${to.element(node.inputs[0]!, [index[0]!, row, column, index[3]!]).text};`);
        to.line(`${count}++;`);
      });
      return operation(to.real, atom(sum), '/', atom(count), BINDING.product);
    },
  },
};
