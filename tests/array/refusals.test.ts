import { expect } from 'chai';
import {
  type NdArray,
  Random,
  attention,
  convolve,
  crossEntropy,
  demandGenerator,
  demandMask,
  extremePosition,
  fromSource,
  full,
  gather,
  ordered,
  owned,
  rotate,
  sliceView,
  transpose,
  windowsOn,
} from '../../src/array/index.js';
import { failure } from '../support/failure.js';

// What functions of arrays say of arguments that do not fit, and the nearest arguments that do.

const of = (...shape: number[]): NdArray => full(shape, 1, 'float32');
const numbers = (...values: number[]): NdArray => fromSource(values);
const wrong = (value: unknown): never => value as never;

const image = of(2, 5, 6, 4);
const windows = windowsOn('windows', image.shape, [2, 3], {
  stride: [1, 1],
  padding: 'valid',
  dilation: [1, 1],
});
const random = new Random(1);
const turned = (shape: readonly number[], axis: number, count: number) => (): NdArray =>
  rotate(of(...shape), { axis, positions: Array(count).fill(0), base: 10 }, 1);
const plain = { scale: 1, causal: false, mask: undefined, bias: undefined, factors: undefined };
const attended = (query: number[], key: number[], value: number[]) => () =>
  attention(of(...query), of(...key), of(...value), plain);

type Call = () => unknown;

/** What each message begins with, and the calls that get it. */
const REFUSED: Readonly<Record<string, readonly Call[]>> = {
  'Random: expected a number as the seed, received': [
    () => new Random(wrong('1')),
    () => new Random(wrong(1n)),
  ],
  'Random: expected a whole number above 0, received': [0, -1, 0.5, NaN, 2 ** 53 + 2, Infinity].map(
    (bound) => () => random.integer(bound),
  ),
  'Random: expected a whole number from 0, received': [-1, 0.5, NaN, 2 ** 31, Infinity].map(
    (n) => () => random.permutation(n),
  ),
  'somewhere: expected the state of a generator, received': [
    [0, 0, 0, 0],
    [1, 2, 3],
    [1, 2, 3, 4, 0, 0],
    [1, 2, 3, 4.5],
    [1, 2, 3, 2 ** 31],
    [1, 2, 3, '4'],
    ['1', 2, 3, 4],
    [1, 2, 3, 4, '0.5'],
    [1, 2, 3, 4, 8.7],
    [1, 2, 3, 4, NaN],
    [0, 0, 0, 0, 1],
    { length: 4, 0: 1, 1: 2, 2: 3, 3: 4 },
    '1234',
    undefined,
  ].map((state) => () => demandGenerator('somewhere', state)),
  'transpose: expected the 2 axes in some order, received': [
    [0],
    [0, 1, 2],
    [0, 0],
    [0, 2],
    [-1, 0],
    [0, 1.5],
  ].map((order) => () => transpose(of(2, 3), order)),
  'rotate: expected an even last axis, an axis before it, and 3 or 6 positions, received {"shape":[2,3,4]': [
    turned([2, 3, 4], 1, 2),
    turned([2, 3, 4], 1, 12),
  ],
  'rotate: expected an even last axis, an axis before it, and 3 or 6 positions, received {"shape":[2,3,5],"axis":1,"positions":[0,0,0]}':
    [turned([2, 3, 5], 1, 3)],
  'rotate: expected an even last axis, an axis before it': [
    turned([2, 3, 4], 2, 4),
    turned([2, 3, 4], 3, 24),
    turned([2, 3, 4], -1, 6),
    turned([2, 3, 4], 0.5, 2),
  ],
  'groups: expected a divisor of 4 channels, received': [0, -1, 3, 8, 0.5, NaN].map(
    (groups) => () => convolve(image, of(2, 3, 4, 6), windows, groups),
  ),
  'convolve: expected a kernel [2, 3, 2, filters] of 2 groups, received': [
    () => convolve(image, of(2, 3, 2, 5), windows, 2),
    () => convolve(image, of(2, 3, 4, 6), windows, 2),
    () => convolve(image, of(2, 3, 2), windows, 2),
  ],
  'convolve: expected images [samples, 5, 6, 4], received [5,6,4].': [
    () => convolve(of(5, 6, 4), of(2, 3, 4, 6), windows, 1),
  ],
  'windows: expected windows of at most 1048576 places, received [1024,1025].': [
    () => windowsOn('windows', [1, 2000, 2000, 1], [1024, 1025], { ...windows, padding: 'same' }),
  ],
  'windows: expected images that a window of 2 × 3 fits into, received': [
    () => windowsOn('windows', [1, 1, 3, 1], [2, 3], { ...windows, padding: 'valid' }),
    () => windowsOn('windows', [1, 2, 2, 1], [2, 3], { ...windows, padding: 'valid' }),
  ],
  'ordered: expected a count from 0 to 3, received': [-1, 4, 1.5, NaN].map(
    (count) => () => ordered(of(2, 3), 1, count, true),
  ),
  'indices: expected axes of at most 2²⁴ elements in float32, which holds no larger odd number, received [0,16777217]. Use':
    // Without rows there is nothing to order.
    [() => ordered(of(0, 2 ** 24 + 1), 1, 0, true)],
  'scaledDotProductAttention: expected a query [..., heads, queries, width], a key': [
    attended([4], [3, 4], [3, 2]),
    attended([2, 4], [4], [3, 2]),
    attended([2, 2, 4], [3, 4], [3, 2]),
    attended([2, 2, 4], [2, 3, 4], [3, 2]),
    attended([2, 4], [3, 5], [3, 2]),
    attended([2, 4], [3, 4], [2, 2]),
    attended([3, 2, 4], [2, 3, 4], [2, 3, 2]),
    attended([2, 2, 4], [0, 3, 4], [0, 3, 2]),
    attended([2, 2, 2, 4], [1, 2, 3, 4], [1, 2, 3, 2]),
    attended([2, 0], [3, 0], [3, 2]),
  ],
  'scaledDotProductAttention.bias: expected a shape that stretches to [2,3], for queries and keys, received [4].':
    [() => attention(of(2, 4), of(3, 4), of(3, 2), { ...plain, bias: of(4) })],
  'crossEntropy.labels: expected an Int32Array of 2 labels, each from 0 to 2, received': [
    () => crossEntropy(of(2, 3), Int32Array.of(0)),
    () => crossEntropy(of(2, 3), Int32Array.of(0, 1, 2)),
    () => crossEntropy(of(2, 3), Int32Array.of(0, 3)),
    () => crossEntropy(of(2, 3), Int32Array.of(0, -1)),
    () => crossEntropy(of(2, 3), wrong([0, 1])),
  ],
  'crossEntropy.labels: expected an Int32Array of 0 labels': [() => crossEntropy(of(2, 0), Int32Array.of(0))],
  'mask: expected booleans, or numbers that are 0 or 1, received 2.': [
    () => demandMask('mask', numbers(1, 0, 2)),
  ],
  'mask: expected booleans, or numbers that are 0 or 1, received -10001.': [
    () => demandMask('mask', numbers(1, -10_001)),
  ],
  'mask: expected booleans, or numbers that are 0 or 1, received -1.': [
    () => demandMask('mask', numbers(0, -1)),
  ],
  'mask: expected booleans, or numbers that are 0 or 1, received "an additive mask, with 0 for entries that count and -10000 for the others". Turn it into booleans, as in mask.map((row) => row.map((value) => value === 0)).':
    [() => demandMask('mask', numbers(0, -10_000)), () => demandMask('mask', numbers(0, -10_000, -1))],
  'somewhere: expected an NdArray of float32 or float64, received [1,2]. tensor(data) reads': [
    () => owned('somewhere', wrong([1, 2])),
  ],
  'slice: expected ranges that are whole numbers or lists [start, stop, step], received "1".': [
    () => sliceView(of(2), [wrong('1')]),
  ],
  'gather: expected picks in an Int32Array, received [0].': [
    () => gather(of(2), { data: wrong([0]), shape: [1] }, 0),
  ],
};

/** Arguments at the bound, which are taken. */
const TAKEN: Readonly<Record<string, Call>> = {
  'the smallest and the largest bound of a random number': () => [random.integer(1), random.integer(2 ** 53)],
  'a permutation of nothing': () => random.permutation(0),
  'a state with three zeros, and with a spare number': () => [
    demandGenerator('', [0, 0, -(2 ** 31), 0]),
    demandGenerator('', [0, 0, 0, 1, -8.6]),
  ],
  'a count of none, and of all': () => [ordered(of(2, 3), 1, 0, true), ordered(of(2, 3), 1, 3, true)],
  'as many groups as channels': () => convolve(image, of(2, 3, 1, 4), windows, 4),
  'windows of the most places': () =>
    windowsOn('windows', [1, 1, 1, 1], [1024, 1024], { ...windows, padding: 'same' }),
  'positions up to 2²⁴ in float32, and beyond in float64': () => [
    extremePosition(of(1, 3), 1, 1),
    ordered(of(0, 2 ** 24), 1, 0, true),
    ordered(full([0, 2 ** 24 + 1], 1, 'float64'), 1, 0, true),
  ],
  'no label for no rows': () => crossEntropy(of(0, 3), new Int32Array(0)),
  'heads without groups, if there are none': attended([0, 2, 4], [0, 3, 4], [0, 3, 2]),
  'a place for each of the leading axes': () => [turned([2, 3, 4], 1, 3)(), turned([2, 3, 4], 1, 6)()],
};

describe('functions of arrays', () => {
  for (const [message, calls] of Object.entries(REFUSED))
    it(`refuse what does not fit: ${message}`, () => {
      for (const [i, call] of calls.entries())
        expect(failure(call).slice(0, message.length), `call ${i}`).to.equal(message);
    });

  for (const [what, call] of Object.entries(TAKEN))
    it(`take ${what}`, () => {
      expect(call).not.to.throw();
    });
});
