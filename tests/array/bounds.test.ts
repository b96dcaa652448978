import { expect } from 'chai';
import ndarray from 'ndarray';
import { NormtapeError, array, randomNormal } from '../../src/index.js';

type NdArray = array.NdArray;

const normal = (shape: readonly number[], seed = 1): NdArray => randomNormal(shape, { seed }).value;
/** Large enough that compiled kernels run. */
const x = normal([20, 30]);
const [row, column] = [normal([30]), normal([20, 1])];
const images = normal([2, 12, 12, 4]);
const kernel = normal([2, 2, 4, 6]);
const heads = normal([2, 4, 10, 8]);
const recipe = { total: 'mean', bound: 'added', epsilon: 0.1, centered: true } as const;
const windows = array.windowsOn('windows', images.shape, [2, 2], {
  stride: [1, 1],
  padding: 'valid',
  dilation: [1, 1],
});
const counted = Int32Array.from({ length: 20 }, (_, i) => i);
const labels = (change: (label: number, i: number) => number): Int32Array => counted.map(change);
const picks = (data: unknown, size = 20) => ({ data, shape: [size] }) as array.Picks;
const attended = { scale: 1, causal: false, mask: undefined };
const normalized = (gain: NdArray, shift: NdArray, axes = 1) =>
  array.normalizeWith(x, axes, recipe, { gain, shift, along: 1 })!;
const squashed = (alpha: NdArray, gain: NdArray) => array.squash(x, alpha, { gain, along: 1 });

/** Arrays of another shape than x. */
const misshapen: readonly NdArray[] = [
  normal([19, 30]),
  normal([21, 30]),
  normal([20, 29]),
  normal([20, 31]),
  normal([30, 20]),
  array.transpose(x),
  normal([600]),
  normal([1, 20, 30]),
  row,
  column,
  normal([0, 30]),
  normal([]),
];
const notRows = [...misshapen.filter((a) => a !== row), normal([29]), normal([31]), normal([1])];
const notColumns = [...misshapen.filter((a) => a !== column), normal([19, 1]), normal([21, 1]), normal([20])];
const none: readonly NdArray[] = [normal([]), normal([0]), normal([1, 1, 1, 1]), x];

/** What `array` takes for its data when it was made elsewhere: it reaches beyond them, or they are of another kind. */
const numbers = Float32Array.from(array.flat(x));
const foreign = [
  ndarray(numbers.subarray(1), [20, 30]),
  ndarray(numbers, [20, 30], [30, 1], 1),
  ndarray(numbers, [20, 30], [30, 1], -1),
  ndarray(numbers, [20, 30], [31, 1]),
  ndarray(numbers, [20, 30], [-30, 1], 0),
  ndarray(Int8Array.from(numbers), [20, 30]),
  ndarray(Int32Array.from(numbers), [20, 30]),
  ndarray([...numbers], [20, 30]),
  { data: numbers, shape: [20, 30], stride: [30, 1], offset: 0, dtype: 'float64' },
] as unknown as readonly NdArray[];

/** Calls with each of some wrong arguments, by what is wrong. */
const each = <A>(values: readonly A[], call: (wrong: A) => unknown) =>
  values.map((value) => () => call(value));

const plus = (a: number, b: number): number => a + b;

const calls: Readonly<Record<string, readonly (() => unknown)[]>> = {
  'labels of crossEntropy': each<unknown>(
    [
      [...counted],
      Float32Array.from(counted),
      Uint8Array.from(counted),
      normal([20]),
      ndarray(counted, [20]),
      undefined,
      counted.subarray(1),
      Int32Array.of(...counted, 0),
      labels((label, i) => (i === 3 ? 30 : label)),
      labels((label, i) => (i === 3 ? -1 : label)),
      labels((label, i) => (i === 3 ? 1e6 : label)),
    ],
    (wrong) => array.crossEntropy(x, wrong as Int32Array),
  ),
  'logits of crossEntropy': each([normal([19, 30]), normal([21, 30]), normal([600]), normal([])], (wrong) =>
    array.crossEntropy(wrong, counted),
  ),
  'picks of gather': each(
    [
      picks([...counted]),
      picks(Int8Array.from(counted)),
      picks(counted, 19),
      picks(counted, 21),
      picks(labels((i) => i + 1)),
      picks(labels((i) => i - 21)),
    ],
    (wrong) => array.gather(x, wrong, 0),
  ),
  scatterAdd: each(misshapen, (wrong) => array.scatterAdd(wrong, picks(counted), 0, [20, 30])),
  'picks of scatterAdd': each(
    [picks([...counted]), picks(Uint8Array.from(counted)), picks(counted, 19), picks(labels((i) => i + 9))],
    (wrong) => array.scatterAdd(x, wrong, 0, [20, 30]),
  ),
  softmaxBack: each(misshapen, (wrong) => array.softmaxBack(wrong, x, 1)),
  logSoftmaxBack: each(misshapen, (wrong) => array.logSoftmaxBack(wrong, x, 1)),
  'the input of curveBack': each(misshapen, (wrong) => array.curveBack('sigmoid', x, wrong, x)),
  'the value of curveBack': each(misshapen, (wrong) => array.curveBack('tanh', x, x, wrong)),
  productBack: each(notColumns, (wrong) => array.productBack(wrong, x, 1)),
  cumulativeProductBack: each(misshapen, (wrong) => array.cumulativeProductBack(wrong, x, 1)),
  'the extreme of extremeBack': each(notColumns, (wrong) => array.extremeBack(x, wrong, column, 1)),
  'the gradient of extremeBack': each(notColumns, (wrong) => array.extremeBack(x, column, wrong, 1)),
  'the gain of normalizeWith': each(notRows, (wrong) => normalized(wrong, row)),
  'the shift of normalizeWith': each(notRows, (wrong) => normalized(row, wrong, 0)),
  'a gradient of what is normalized': each(misshapen, (wrong) => normalized(row, row).back(wrong)),
  'a gradient of its length': each(notColumns, (wrong) => normalized(row, row).back(x, wrong)),
  'the gain of squash': each([normal([29]), normal([31]), normal([0])], (wrong) =>
    squashed(normal([]), wrong),
  ),
  'the alpha of squash': each([row, normal([0])], (wrong) => squashed(wrong, row)),
  'a gradient of squash': each(misshapen, (wrong) => squashed(normal([]), row).pullback(wrong)),
  'a gradient of a variance': each(notColumns, (wrong) => array.variance(x, 1).back(wrong)),
  'a gradient of what is ordered': each(misshapen, (wrong) => array.ordered(x, 1, 30, true).back(wrong)),
  'the count of ordered': each([-1, 31, 0.5, NaN], (wrong) => array.ordered(x, 1, wrong, true)),
  'the second of sumOfProducts': each(misshapen, (wrong) => array.sumOfProducts(x, column, wrong, column)),
  mix: each(misshapen, (wrong) => array.mix(x, wrong, 0.5)),
  dot: each(misshapen, (wrong) => array.dot(x, wrong)),
  zip: each([normal([19, 30]), normal([30, 20])], (wrong) => array.zip(x, wrong, plus)),
  zip3: each([normal([19, 30]), normal([30, 20])], (wrong) => array.zip3(x, x, wrong, plus)),
  distance: each([normal([19, 30]), normal([30, 20])], (wrong) => array.distance(x, wrong)),
  matmul: each([x, row, normal([29, 20]), normal([31, 20])], (wrong) => array.matmul(x, wrong)),
  'the key of attention': each([...none, normal([2, 4, 9, 8]), normal([2, 4, 10, 7])], (wrong) =>
    array.attention(heads, wrong, heads, attended),
  ),
  'the bias of attention': each([normal([9, 10]), normal([10, 9]), normal([600])], (bias) =>
    array.attention(heads, heads, heads, { ...attended, bias }),
  ),
  'a gradient of attention': each(none, (wrong) =>
    array.attention(heads, heads, heads, attended).back(wrong, { bias: false }),
  ),
  rotate: each([counted, counted.subarray(0, 9), []], (positions) =>
    array.rotate(heads, { axis: 2, positions, base: 100 }, 1),
  ),
  'the images of convolve': each(none, (wrong) => array.convolve(wrong, kernel, windows, 1)),
  'the kernel of convolve': each([...none, normal([2, 2, 3, 6]), normal([3, 2, 4, 6])], (wrong) =>
    array.convolve(images, wrong, windows, 1),
  ),
  'the groups of convolve': each([0, 3, 4, 0.5, -1, NaN], (wrong) =>
    array.convolve(images, kernel, windows, wrong),
  ),
  'a gradient of convolve': each([...none, images], (wrong) =>
    array.convolve(images, kernel, windows, 1).back(wrong, [true, true]),
  ),
  imageGradient: each(none, (wrong) => array.imageGradient(wrong, images, kernel, windows, 1)),
  kernelGradient: each(none, (wrong) => array.kernelGradient(wrong, images, kernel, windows, 1)),
  'the kernel of convolveDepthwise': each([...none, normal([2, 2, 3, 6])], (wrong) =>
    array.convolveDepthwise(images, wrong, windows),
  ),
  'a gradient of convolveDepthwise': each([...none, images], (wrong) =>
    array.convolveDepthwise(images, kernel, windows).back(wrong, [true, true]),
  ),
  maxPool: each(none, (wrong) => array.maxPool(wrong, windows)),
  'a gradient of maxPool': each(none, (wrong) => array.maxPool(images, windows).back(wrong)),
  averagePool: each(none, (wrong) => array.averagePool(wrong, windows)),
  'a gradient of averagePool': each(none, (wrong) => array.averagePool(images, windows).back(wrong)),
  reshape: each([[599], [601], [20, 31], [], [-20, -30], [0.5, 1200]], (wrong) => array.reshape(x, wrong)),
  fromFlat: each([[599], [601], [20, 31], [], [-20, -30]], (wrong) => array.fromFlat(numbers, wrong)),
  'the numbers of fromFlat': each<unknown>([[...numbers], Int8Array.from(numbers), x], (wrong) =>
    array.fromFlat(wrong as Float32Array, [20, 30]),
  ),
  filled: each([[599], [601], []], (wrong) => array.filled(numbers, wrong, 'float32')),
  full: each([[-1], [-2, -3], [1.3], [NaN]], (wrong) => array.full(wrong, 1, 'float32')),
  transpose: each([[0, 0], [1], [0, 2], [-1, 0], [0, 1, 2]], (wrong) => array.transpose(x, wrong)),
  diagonal: each([['i', 'i'], ['i'], ['i', 'j', 'k']], (wrong) =>
    array.diagonal({ array: x, labels: wrong }),
  ),
  placed: each([x, normal([20, 31]), row], (wrong) => array.placed(x, [20, 31], () => wrong)),
  'an array made elsewhere': [
    // Of another kind they are brought to float64 first, number by number.
    ...each(foreign.slice(0, 5), (wrong) => array.add(wrong, x)),
    ...each(foreign.slice(0, 5), (wrong) => array.mul(x, wrong)),
    ...each(foreign, (wrong) => array.sum(wrong, 1)),
    ...each(foreign, (wrong) => array.square(wrong)),
    ...each(foreign, (wrong) => array.matmul(wrong, normal([30, 5]))),
    ...each(foreign, (wrong) => array.softmax(wrong, 1)),
    ...each(foreign, (wrong) => array.normalize(wrong, 0, recipe)),
    ...each(foreign, (wrong) => array.transpose(wrong)),
  ],
};

describe('functions of the namespace array', () => {
  for (const [name, wrong] of Object.entries(calls)) {
    it(`refuse ${name} of another shape or kind, and touch no other array`, () => {
      const sizes = [1, 4, 30, 300, 600, 5000];
      const around = () => sizes.map((size) => array.full([size], 7, 'float32'));
      const before = around();
      const untouched = [x, row, column, images, kernel, heads].map((a) => array.flat(a));
      wrong.forEach((call, i) => {
        expect(call, `call ${i}`).to.throw(NormtapeError);
        const after = around();
        for (const canary of [...before, ...after])
          expect(
            array.flat(canary).every((value) => value === 7),
            `call ${i}`,
          ).to.equal(true);
      });
      [x, row, column, images, kernel, heads].forEach((a, k) =>
        expect(array.flat(a)).to.deep.equal(untouched[k]),
      );
    });
  }

  it('read arrays of different dtypes each in its own', () => {
    const wide = (a: NdArray) => array.cast(a, 'float64');
    const right = normal([30, 12]);
    const near = (a: NdArray, b: NdArray) => expect(array.distance(a, b)).to.be.below(1e-4);
    for (const [a, b] of [
      [wide(x), right],
      [x, wide(right)],
    ] as const)
      near(array.matmul(a, b), array.matmul(x, right));
    for (const [a, w] of [
      [wide(x), row],
      [x, wide(row)],
    ] as const) {
      for (const axes of [0, 1]) {
        const weights = { gain: w, shift: w, along: 1 };
        const mixed = array.normalizeWith(a, axes, recipe, weights)!;
        const plain = normalized(row, row, axes);
        near(mixed.value, plain.value);
        near(mixed.back(a).gain!, plain.back(x).gain!);
      }
      near(array.squash(a, normal([]), { gain: w, along: 1 }).value, squashed(normal([]), row).value);
      const factor = array.reshape(w, [1, 30]);
      const plain = array.reshape(row, [1, 30]);
      near(array.sumOfProducts(a, factor, a, factor), array.sumOfProducts(x, plain, x, plain));
    }
  });
});
