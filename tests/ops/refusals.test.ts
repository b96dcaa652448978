import { expect } from 'chai';
import type { Tensor } from '../../src/autograd/tape.js';
import * as ops from '../../src/ops/catalog.js';
import { arange, ones, randomUniform, triangle, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

// What each op says of arguments that do not fit: where, what was expected, and what came.

const of = (...shape: number[]): Tensor => zeros(shape);
const image = of(2, 5, 6, 4);
const wrong = (value: unknown): never => value as never;

/** No plain object, though it has what one would have. */
class Kept {
  keepDims = true;
}

type Call = readonly [call: () => unknown, message: string];

const CALLS: Readonly<Record<string, readonly Call[]>> = {
  'images of another rank, or without pixels': [
    [
      () => ops.conv2dTranspose(of(1, 2, 5, 6, 4), of(2, 2, 3, 6)),
      'conv2dTranspose: expected images [samples, height, width, channels] and a kernel [rows, columns, filters, channels], received [[1,2,5,6,4],[2,2,3,6]].',
    ],
    [
      () => ops.upSample2d(of(1, 4, 4, 1), { size: [1, 2 ** 30] }),
      'shape: expected whole sizes from 0, and fewer than 2³¹ elements, received [1,4,4294967296,1].',
    ],
    [
      () => ops.adaptiveAveragePool2d(of(5, 6, 4), 2),
      'adaptiveAveragePool2d: expected images [samples, height, width, channels] of at least one pixel, received [5,6,4].',
    ],
    [
      () => ops.adaptiveAveragePool2d(of(2, 0, 6, 4), 2),
      'adaptiveAveragePool2d: expected images [samples, height, width, channels] of at least one pixel, received [2,0,6,4].',
    ],
    [
      () => ops.adaptiveMaxPool2d(of(2, 5, 0, 4), 2),
      'adaptiveMaxPool2d: expected images [samples, height, width, channels] of at least one pixel, received [2,5,0,4].',
    ],
    [
      () => ops.upSample2d(of(5, 6, 4)),
      'upSample2d: expected images [samples, height, width, channels], received [5,6,4].',
    ],
    [
      () => ops.upSample2d(of(1, 2, 5, 6, 4)),
      'upSample2d: expected images [samples, height, width, channels], received [1,2,5,6,4].',
    ],
    [
      () => ops.maxPool2d(of(5, 6, 4)),
      'maxPool2d: expected images [samples, height, width, channels], received [5,6,4].',
    ],
    [
      () => ops.conv2d(of(5, 6, 4), of(2, 2, 4, 3)),
      'conv2d: expected images [samples, height, width, channels], received [5,6,4].',
    ],
    [
      () => ops.upSample2d(of(1, 4, 4, 1), { size: [2 ** 20, 2 ** 8] }),
      'shape: expected whole sizes from 0, and fewer than 2³¹ elements, received [1,4194304,1024,1].',
    ],
    [
      () => ops.upSample2d(of(1, 4, 4, 1), { size: [2 ** 30, 1] }),
      'shape: expected whole sizes from 0, and fewer than 2³¹ elements, received [1,4294967296,4,1].',
    ],
    [
      () => ops.conv2dTranspose(of(5, 6, 4), of(2, 2, 3, 4)),
      'conv2dTranspose: expected images [samples, height, width, channels] and a kernel [rows, columns, filters, channels], received [[5,6,4],[2,2,3,4]].',
    ],
    [
      () => ops.conv2dTranspose(of(5, 6, 4), of(2, 2, 3, 5)),
      'conv2dTranspose: expected images [samples, height, width, channels] and a kernel [rows, columns, filters, channels], received [[5,6,4],[2,2,3,5]].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 5)),
      'conv2dTranspose: expected images [samples, height, width, channels] and a kernel [rows, columns, filters, channels], received [[2,5,6,4],[2,2,3,5]].',
    ],
  ],
  'kernels of another rank, without a tap, or for other channels': [
    [
      () => ops.conv2d(image, of(2, 2, 4)),
      'conv2d: expected a kernel of rank 4 without axes of size 0, received [2,2,4].',
    ],
    [
      () => ops.conv2d(image, of(2, 0, 4, 3)),
      'conv2d: expected a kernel of rank 4 without axes of size 0, received [2,0,4,3].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 0, 4)),
      'conv2dTranspose: expected a kernel of rank 4 without axes of size 0, received [2,2,0,4].',
    ],
    [
      () => ops.conv2d(image, of(2, 2, 5, 3)),
      'conv2d: expected a kernel [rows, columns, 4 channels / 1 groups, filters], with a multiple of the groups for filters, received [2,2,5,3].',
    ],
    [
      () => ops.depthwiseConv2d(image, of(2, 2, 5, 1)),
      'depthwiseConv2d: expected a kernel [rows, columns, 4 channels, multiplier], received [2,2,5,1].',
    ],
    [
      () => ops.conv1d(of(5, 4), of(2, 4, 3)),
      'conv1d: expected sequences [samples, steps, channels], received [5,4].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(4, 3)),
      'conv1d: expected a kernel [size, 4 channels / 1 groups, filters], with a multiple of the groups for filters, received [4,3].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3, 1)),
      'conv1d: expected a kernel [size, 4 channels / 1 groups, filters], with a multiple of the groups for filters, received [2,4,3,1].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(0, 4, 3)),
      'conv1d: expected a kernel [size, 4 channels / 1 groups, filters], with a multiple of the groups for filters, received [0,4,3].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 3, 3)),
      'conv1d: expected a kernel [size, 4 channels / 1 groups, filters], with a multiple of the groups for filters, received [2,3,3].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 4), { groups: 2 }),
      'conv1d: expected a kernel [size, 4 channels / 2 groups, filters], with a multiple of the groups for filters, received [2,4,4].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 2, 3), { groups: 2 }),
      'conv1d: expected a kernel [size, 4 channels / 2 groups, filters], with a multiple of the groups for filters, received [2,2,3].',
    ],
  ],
  'strides, paddings and sizes that no window has': [
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { stride: 2 ** 31 }),
      'conv1d.stride: expected a whole number from 1, received 2147483648.',
    ],
    [
      () => ops.maxPool2d(image, { size: 2 ** 31 }),
      'maxPool2d.size: expected a whole number from 1, or two of them for rows and columns, received 2147483648.',
    ],
    [
      () => ops.maxPool2d(image, { size: [2, 2, 2] as never }),
      'maxPool2d.size: expected a whole number from 1, or two of them for rows and columns, received [2,2,2].',
    ],
    [
      () => ops.maxPool2d(image, { size: [0, 2] }),
      'maxPool2d.size: expected a whole number from 1, or two of them for rows and columns, received [0,2].',
    ],
    [
      () => ops.maxPool2d(image, { size: 1.5 }),
      'maxPool2d.size: expected a whole number from 1, or two of them for rows and columns, received 1.5.',
    ],
    [
      () => ops.maxPool2d(image, { size: [3, 2], padding: [0, 2] }),
      'maxPool2d.padding: expected padding smaller than the window, so that every window covers part of the image, received [0,2].',
    ],
    [
      () => ops.averagePool2d(image, { size: 3, padding: 3 }),
      'averagePool2d.padding: expected padding smaller than the window, so that every window covers part of the image, received [3,3].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { stride: wrong([2, 2]) }),
      'conv1d.stride: expected a whole number from 1, received [2,2].',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { stride: 0 }),
      'conv1d.stride: expected a whole number from 1, received 0.',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { padding: wrong('full') }),
      'conv1d.padding: expected same, valid, causal or a whole number from 0, received "full".',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { padding: -1 }),
      'conv1d.padding: expected same, valid, causal or a whole number from 0, received -1.',
    ],
    [
      () => ops.conv1d(of(2, 5, 4), of(2, 4, 3), { dilation: wrong('2') }),
      'conv1d.dilation: expected a whole number from 1, received "2".',
    ],
    [
      () => ops.conv2d(image, of(2, 2, 4, 3), { padding: wrong('causal') }),
      'conv2d.padding: expected same, valid or a whole number from 0, or two of them for rows and columns, received "causal".',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { padding: [9, 0] }),
      'conv2dTranspose: expected less padding, so that at least one pixel of the output is left, received [-12,7].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { padding: [0, 9] }),
      'conv2dTranspose: expected less padding, so that at least one pixel of the output is left, received [6,-11].',
    ],
    [
      () => ops.conv2dTranspose(of(2, 1, 6, 4), of(2, 2, 3, 4), { padding: [1, 0] }),
      'conv2dTranspose: expected less padding, so that at least one pixel of the output is left, received [0,7].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { padding: 'same', stride: 3, outputPadding: 1 }),
      "conv2dTranspose.outputPadding: expected 0 with padding 'same', received 1.",
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { stride: [2, 3], outputPadding: [0, 3] }),
      'conv2dTranspose.outputPadding: expected fewer pixels than the stride, received [0,3].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { stride: [2, 3], outputPadding: [2, 0] }),
      'conv2dTranspose.outputPadding: expected fewer pixels than the stride, received [2,0].',
    ],
    [
      () => ops.conv2dTranspose(image, of(2, 2, 3, 4), { outputPadding: 1 }),
      'conv2dTranspose.outputPadding: expected fewer pixels than the stride, received 1.',
    ],
    [
      () => ops.adaptiveMaxPool2d(image, [2, 0]),
      'adaptiveMaxPool2d.outputSize: expected a whole number from 1, or two of them for rows and columns, received [2,0].',
    ],
    [
      () => ops.upSample2d(image, { size: 0.5 }),
      'upSample2d.size: expected a whole number from 1, or two of them for rows and columns, received 0.5.',
    ],
  ],
  'parts that an axis does not have': [
    [() => ops.split(of(6), 4), 'split: expected a number of parts that divides 6, received 4.'],
    [() => ops.split(of(6), 0), 'split: expected a number of parts that divides 6, received 0.'],
    [() => ops.split(of(6), -2), 'split: expected a number of parts that divides 6, received -2.'],
    [() => ops.split(of(6), 1.5), 'split: expected a number of parts that divides 6, received 1.5.'],
    [() => ops.split(of(6), 12), 'split: expected a number of parts that divides 6, received 12.'],
    [
      () => ops.split(of(6), [2, 3]),
      'split: expected a list of whole sizes that add up to 6, received [2,3].',
    ],
    [
      () => ops.split(of(6), [7, -1]),
      'split: expected a list of whole sizes that add up to 6, received [7,-1].',
    ],
    [
      () => ops.split(of(6), [1.5, 4.5]),
      'split: expected a list of whole sizes that add up to 6, received [1.5,4.5].',
    ],
    [() => ops.split(of(0), []), 'split: expected a list of whole sizes that add up to 0, received [].'],
    [
      () => ops.split(of(6), wrong('33')),
      'split: expected a list of whole sizes that add up to 6, received "33".',
    ],
    [
      () => ops.split(of(6), wrong('3')),
      'split: expected a list of whole sizes that add up to 6, received "3".',
    ],
    [() => ops.squeeze(of(1, 3), [0, 1]), 'squeeze: expected size 1 along axes 0,1, received [1,3].'],
    [() => ops.squeeze(of(2, 1), 0), 'squeeze: expected size 1 along axes 0, received [2,1].'],
    [
      () => ops.unsqueeze(of(2), [0, 4]),
      'unsqueeze: expected distinct axes between -3 and 2 for an array of rank 3, received [0,4].',
    ],
    [
      () => ops.flip(of(2, 3), 2),
      'flip: expected distinct axes between -2 and 1 for an array of rank 2, received 2.',
    ],
  ],
  'options of a reduction that are no plain object with keepDims': [
    [() => ops.sum(of(2, 3), 0, { keepDims: wrong(1) }), 'sum.keepDims: expected true or false, received 1.'],
    [
      () => ops.mean(of(2, 3), 0, wrong({ keepdims: true })),
      'mean: expected one of the options keepDims, received "keepdims". Did you mean keepDims?',
    ],
    [
      () => ops.max(of(2, 3), 0, wrong({ keepDims: true, axis: 1 })),
      'max: expected one of the options keepDims, received "axis".',
    ],
    [() => ops.sum(of(2, 3), 0, wrong(null)), 'sum: expected a plain object of options, received null.'],
    [() => ops.sum(of(2, 3), 0, wrong(true)), 'sum: expected a plain object of options, received true.'],
    [
      () => ops.sum(of(2, 3), 0, wrong(new Map([['keepDims', true]]))),
      'sum: expected a plain object of options, received an object of class Map.',
    ],
    [() => ops.sum(of(2, 3), 0, wrong([])), 'sum: expected a plain object of options, received [].'],
    [
      () => ops.sum(of(2, 3), 0, new Kept()),
      'sum: expected a plain object of options, received {"keepDims":true}.',
    ],
    [
      () => ops.variance(of(2, 3), 0, wrong('keepDims')),
      'variance: expected a plain object of options, received "keepDims".',
    ],
  ],
  'a clip whose bounds are no numbers, or cross': [
    [
      () => ops.clip(of(3), { min: 2, max: 1 }),
      'clip: expected two numbers, min not above max, received [2,1].',
    ],
    [
      () => ops.clip(of(3), { min: wrong('0'), max: 1 }),
      'clip: expected two numbers, min not above max, received ["0",1].',
    ],
    [
      () => ops.clip(of(3), { min: 0, max: wrong('1') }),
      'clip: expected two numbers, min not above max, received [0,"1"].',
    ],
    [
      () => ops.clip(of(3), { min: wrong('0'), max: wrong('1') }),
      'clip: expected two numbers, min not above max, received ["0","1"].',
    ],
    [
      () => ops.clip(of(3), { min: NaN }),
      'clip: expected two numbers, min not above max, received [NaN,Infinity].',
    ],
  ],
  'shapes that do not hold the elements': [
    [() => ops.reshape(of(2, 3), [4]), 'reshape: expected a shape of 6 elements, received [4].'],
    [() => ops.reshape(of(2, 3), [-1, 4]), 'reshape: expected a shape of 6 elements, received [-1,4].'],
    [() => ops.reshape(of(2, 3), [-1, -1]), 'reshape: expected a shape of 6 elements, received [-1,-1].'],
    [() => ops.reshape(of(2, 3), [1.5, 4]), 'reshape: expected a shape of 6 elements, received [1.5,4].'],
    [() => ops.reshape(of(2, 3), [-1, 1.5]), 'reshape: expected a shape of 6 elements, received [-1,1.5].'],
    [() => ops.reshape(of(2, 3), [-2, -3]), 'reshape: expected a shape of 6 elements, received [-2,-3].'],
    [() => ops.reshape(of(2, 3), wrong(6)), 'reshape: expected a list of sizes, received 6.'],
    [() => ops.transpose(of(2, 3), [0]), 'transpose: expected an order of all 2 axes, received [0].'],
    [() => ops.stack([]), 'stack: expected at least one tensor, all of one shape, received [].'],
    [
      () => ops.stack([of(2), of(3)]),
      'stack: expected at least one tensor, all of one shape, received [[2],[3]].',
    ],
    [() => ops.cast(wrong([1]), 'float64'), 'cast: expected a tensor, received [1].'],
    [
      () => triangle([2, 3, 4] as never),
      'triangle: expected one size, or rows and columns, received [2,3,4].',
    ],
    [() => triangle([2] as never), 'triangle: expected one size, or rows and columns, received [2].'],
    [
      () => ones([2 ** 16, 2 ** 15]),
      'ones: expected a shape of fewer than 2³¹ elements, received [65536,32768].',
    ],
    [() => ones([2 ** 31]), 'ones: expected a shape of fewer than 2³¹ elements, received [2147483648].'],
    [
      () => arange(1, 2, 1, 4 as never),
      'arange: expected up to three finite numbers, start, stop and a step other than 0, received [1,2,1,4].',
    ],
    [
      () => randomUniform([2], { low: 2, high: 1, seed: 1 }),
      'randomUniform.high: expected at least low, 2, received 1.',
    ],
  ],
  'widths of padding that an axis does not take': [
    [
      () => ops.pad(of(2, 3), [[1, 1], [1]] as never),
      'pad: expected at most 2 pairs [before, after] of whole numbers from 0, received [[1,1],[1]].',
    ],
    [
      () =>
        ops.pad(of(2, 3), [
          [1, 1],
          [0, -1],
        ]),
      'pad: expected at most 2 pairs [before, after] of whole numbers from 0, received [[1,1],[0,-1]].',
    ],
    [
      () =>
        ops.pad(of(2), [
          [1, 1],
          [1, 1],
        ]),
      'pad: expected at most 1 pairs [before, after] of whole numbers from 0, received [[1,1],[1,1]].',
    ],
    [
      () => ops.pad(of(3), [[3, 0]], { mode: 'reflect' }),
      'pad: expected widths below 3, the size of the axis, received [3,0].',
    ],
    [
      () => ops.pad(of(3), [[0, 3]], { mode: 'reflect' }),
      'pad: expected widths below 3, the size of the axis, received [0,3].',
    ],
    [
      () => ops.pad(of(0), [[1, 1]], { mode: 'edge' }),
      'pad: expected an axis with a number to repeat, received [1,1].',
    ],
    [
      () => ops.pad(of(0), [[0, 0]], { mode: 'reflect' }),
      'pad: expected an axis with a number to repeat, received [0,0].',
    ],
  ],
  'equations that do not name the axes': [
    [
      () => ops.einsum('ij->ji->ij', of(2, 3)),
      'einsum: expected letters, commas and ... with at most one ->, such as \'ij,jk->ik\', received "ij->ji->ij".',
    ],
    [
      () => ops.einsum('ij,jk', of(2, 3)),
      'einsum: expected 1 terms, one a tensor, with commas between, received "ij,jk".',
    ],
    [
      () => ops.einsum('i1->i', of(2, 3)),
      'einsum: expected letters, commas and ... with at most one ->, such as \'ij,jk->ik\', received "i1->i".',
    ],
    [
      () => ops.einsum('ij->i1', of(2, 3)),
      'einsum: expected letters, commas and ... with at most one ->, such as \'ij,jk->ik\', received "ij->i1".',
    ],
    [
      () => ops.einsum('ijk->i', of(2, 3)),
      'einsum: expected a term of 2 letters for tensor 1, of shape [2,3], received "ijk->i".',
    ],
    [
      () => ops.einsum('i->i', of(2, 3)),
      'einsum: expected a term of 2 letters for tensor 1, of shape [2,3], received "i->i".',
    ],
    [
      () => ops.einsum('...ijk->i', of(2, 3)),
      'einsum: expected a term of 2 letters for tensor 1, of shape [2,3], received "...ijk->i".',
    ],
    [
      () => ops.einsum('ij->ii', of(2, 3)),
      'einsum: expected each letter once in the output, received "ij->ii".',
    ],
    [
      () => ops.einsum('ij->k', of(2, 3)),
      'einsum: expected an output of letters that a term has, not k, received "ij->k".',
    ],
    [
      () => ops.einsum('ij,jk->ik', of(2, 3), of(4, 2)),
      'einsum: expected axes of one size for j in ij,jk->ik, received [[2,3],[4,2]].',
    ],
  ],
  'positions that are no whole numbers from 0, or too many': [
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 1] }),
      'rotary.positions: expected the shape [3] or [2,3], received [2].',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 1, -1] }),
      'rotary.positions: expected whole numbers from 0, received -1.',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 0.5, 1] }),
      'rotary.positions: expected whole numbers from 0, received 0.5.',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 1, 2 ** 31] }),
      'rotary.positions: expected whole numbers from 0, received 2147483648.',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [[0, 1, 2]] }),
      'rotary.positions: expected the shape [3] or [2,3], received [1,3].',
    ],
    [
      () => ops.rotary(of(2, 3, 5)),
      'rotary: expected an axis of positions before the last axis, whose size is even, received [2,3,5].',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { axis: 2 }),
      'rotary: expected an axis of positions before the last axis, whose size is even, received [2,3,4].',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 1, NaN] }),
      'rotary.positions: expected whole numbers from 0, received NaN.',
    ],
    [
      () => ops.rotary(of(2, 3, 4), { positions: [0, 1, Infinity] }),
      'rotary.positions: expected whole numbers from 0, received Infinity.',
    ],
  ],
};

describe('an op refuses', () => {
  for (const [title, calls] of Object.entries(CALLS)) {
    it(title, () => {
      for (const [call, message] of calls) expect(failure(call), String(call)).to.equal(message);
    });
  }
});
