import { type Patch, change } from '../patch.js';

const unfold = change('src/kernels/js/unfold.ts');
const dense = change('src/kernels/js/convolve.ts');
const each = change('src/kernels/js/depthwise.ts');
const pool = change('src/kernels/js/pool.ts');
const frames = change('src/kernels/wasm/frames.ts');
const phases = change('src/kernels/wasm/phases.ts');
const runs = change('src/kernels/wasm/runs.ts');
const compiled = change('src/kernels/wasm/convolve.ts');
const compiledEach = change('src/kernels/wasm/depthwise.ts');
const mend = change('src/kernels/wasm/mend.ts');
const compiledPool = change('src/kernels/wasm/pool.ts');

const red = [{ file: 'tests/kernels/convolve.test.ts' }];

/** Loops in JavaScript. */
const loops = [
  {
    name: 'a window that starts one column late',
    edits: [unfold('const left = j * stride[1] - before[1]', 'const left = j * stride[1] - before[1] + 1')],
  },
  {
    name: 'windows as close as if the stride of rows were 1',
    edits: [unfold('const y = i * stride[0] - before[0]', 'const y = i - before[0]')],
  },
  {
    name: 'rows of a window that are neighbours whatever the dilation',
    edits: [unfold('- before[0] + r * dilation[0]', '- before[0] + r')],
  },
  {
    name: 'parts of a gradient that overflow float32 before they are added up',
    edits: [dense('if (i === size || out instanceof Float64Array) return out', 'if (i <= size) return out')],
  },
  {
    name: 'the windows of the second sample of a span laid over those of the first',
    edits: [dense('(s * lines + l) * windows.across * width', 'l * windows.across * width')],
  },
  {
    name: 'a window at the end of a line that loses its last column',
    edits: [unfold('Math.ceil((width - left) / dilation[1])', 'Math.floor((width - left) / dilation[1])')],
  },
  {
    name: 'every group on the channels of the first',
    edits: [dense('group, channel: group * count, count', 'group, channel: 0, count')],
  },
  {
    name: 'every group with the kernel of the first in the backward pass',
    edits: [dense('matrix(kernel, group * own, 1, filters)', 'matrix(kernel, 0, 1, filters)')],
  },
  {
    name: 'gradients of images that remember the sample before',
    edits: [dense('if (line === 0 && group === 0) sums.fill(0);', '')],
  },
  {
    name: 'a depthwise gradient by the kernel of another place',
    edits: [each('(r * columns + c) * filters, o)', '(c * rows + r) * filters, o)')],
  },
  {
    name: 'the gradient of several kernels from the last one alone',
    edits: [each('pulled += gradient[o + f]!', 'pulled = gradient[o + f]!')],
  },
  {
    name: 'a maximum that every tie gets whole',
    edits: [pool('gradient[at + o]! / ties[o]!', 'gradient[at + o]!')],
  },
  {
    name: 'a mean over the padding too',
    edits: [
      pool(
        'pixels(windows, (window) => (counts[window]! += 1));',
        'counts.fill(windows.rows * windows.columns);',
      ),
    ],
  },
].map((patch): Patch => ({ ...patch, stands: [84], red }));

/** What the compiled kernels are told. */
const tables = [
  {
    name: 'a frame with its rows of zeros behind the image',
    edits: [frames('const front = frame.top * row +', 'const front =')],
  },
  {
    name: 'a frame that ends a row early',
    edits: [frames('(rows - 1) * dilation[0] + 1', '(rows - 1) * dilation[0]')],
  },
  {
    name: 'an image read in place although windows reach behind it',
    edits: [frames('&& frame.height <= height', '')],
  },
  {
    name: 'images between zeros that overwrite those before them',
    edits: [frames('const from = address + first * sample', 'const from = address')],
  },
  {
    name: 'columns of a window that are neighbours whatever the dilation, compiled',
    edits: [compiled('+ c * dilation[1];', '+ c;')],
  },
  {
    name: 'a run over neighbours that a group does not own',
    edits: [compiled('dilation[1] === 1 && groups === 1', 'dilation[1] === 1')],
  },
  {
    name: 'windows as close as if the stride of rows were 1, compiled',
    edits: [compiled('row * stride[0],', 'row,')],
  },
  {
    name: 'a gradient by the kernel as it lies, not turned around',
    edits: [phases('taps.push({ place, window })', 'taps.push({ place: places - 1 - place, window })')],
  },
  {
    name: 'pixels of a phase that begin at the padding',
    edits: [phases('(first + before - place * dilation) / stride', '(first - place * dilation) / stride')],
  },
  {
    name: 'the first place of a window left out of the gradient',
    edits: [phases('place >= 0; place--', 'place > 0; place--')],
  },
  {
    name: 'windows behind the last that are not framed',
    edits: [phases('end = Math.max(end, window + count)', 'end = Math.max(end, window + 1)')],
  },
  {
    name: 'pixels that no window meets left as they were',
    edits: [compiled('if (parts.some(({ runs }) => runs.length === 0)) ofX.fill(0);', '')],
  },
  {
    name: 'gradients of all groups from the filters of the first',
    edits: [compiled('images.at + 4 * group * own', 'images.at')],
  },
  {
    name: 'a run that is cut, and goes on where it began',
    edits: [runs('a + from * stepA, b + from * stepB', 'a, b + from * stepB')],
  },
  {
    name: 'lines of windows as close as if the stride of rows were 1',
    edits: [runs('i * stride[0] * row', 'i * row')],
  },
  {
    name: 'a depthwise phase whose kernel goes on a place at a time',
    edits: [compiledEach('second.place - first.place', '-1')],
  },
  {
    name: 'several kernels of a channel by the channels next to it',
    edits: [compiledEach('x[Math.floor(i / multiplier)]!', 'x[i % x.length]!')],
  },
  {
    name: 'places of a depthwise gradient without the dilation',
    edits: [compiledEach('(r * dilation[0] * width + c * dilation[1]) * pixel', '(r * width + c) * pixel')],
  },
  {
    name: 'sums that overflow float32 on the way left as they are',
    edits: [mend('if (!Number.isFinite(own[i]!)) own[i] = found[i]!', 'own[i] = own[i]!')],
  },
  {
    name: 'an image that begins behind its frame',
    edits: [frames('left >= width ||', '')],
  },
  {
    name: 'gradients of few windows by products that are nearly all with zeros',
    edits: [phases('(down * rows * across * columns)', '(down * rows * across * columns) ** 2')],
  },
  {
    name: 'pooling that takes rows for columns',
    edits: [
      compiledPool(
        '...[height, rows, stride[0], before[0], down]',
        '...[height, rows, stride[1], before[0], down]',
      ),
    ],
  },
  {
    name: 'pooling that forgets the dilation',
    edits: [compiledPool('dilation[0] === 1 &&', '')],
  },
].map((patch): Patch => ({ ...patch, stands: [84], red, kernels: 'wasm' }));

export const convolutions: readonly Patch[] = [...loops, ...tables];
