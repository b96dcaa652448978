import { type Patch, change } from '../patch.js';

const passes = change('src/kernels/js/attention.ts');
const scores = change('src/kernels/js/attention-scores.ts');
const mend = change('src/kernels/js/attention-mend.ts');
const heads = change('src/kernels/head.ts');
const compiled = change('src/kernels/wasm/attention.ts');

const red = [{ file: 'tests/kernels/attention.test.ts' }];

/** Loops in JavaScript. */
const loops = [
  {
    name: 'a causal mask one key to the left',
    edits: [scores('keys - queries + query + 1)', 'keys - queries + query)')],
  },
  {
    name: 'blocks of causal attention without their last key',
    edits: [scores('keys - queries + from + count)', 'keys - queries + from + count - 1)')],
  },
  {
    name: 'the gradient of keys without the scale',
    edits: [
      passes('slopes[j] = scale * shares[j]!', 'slopes[j] = shares[j]!'),
      passes(
        'multiply(count, seen, width, packed(slopes, seen), key, ofQuery.data',
        'for (let j = 0; j < count * seen; j++) slopes[j]! *= scale; multiply(count, seen, width, packed(slopes, seen), key, ofQuery.data',
      ),
      passes(
        'addTo(ofKey, width, slopes, rows);',
        'slopes.forEach((slope, j) => (slopes[j] = slope / scale)); addTo(ofKey, width, slopes, rows);',
      ),
    ],
  },
  {
    name: 'heads that all read the keys of the first group',
    edits: [heads('const group = Math.floor(h / sharing);', 'const group = Math.min(h / sharing, 0);')],
  },
  {
    name: 'gradients of keys added to those of the next group',
    edits: [passes('const group = Math.floor(h / sharing);', 'const group = Math.ceil(h / sharing);')],
  },
  {
    name: 'the powers of half of the keys in the sum',
    edits: [
      scores(
        'scores[j] = power;\n    total += power;',
        'scores[j] = power;\n    if (j - at < 32) total += power;',
      ),
    ],
  },
  {
    name: 'D from the row of the first query of a block',
    edits: [passes('const o = out.at + (from + i) * depth;', 'const o = out.at + from * depth;')],
  },
  {
    name: 'the gradient of values without the factors of the shares',
    edits: [passes('drop(head, from + i, shares, at, seen);\n      if (!areFinite', 'if (!areFinite')],
  },
  {
    name: 'slopes of dropped shares that are not dropped',
    edits: [passes('drop(head, from + i, slopes, at, seen);', '')],
  },
  {
    name: 'a bias with the row of the query before',
    edits: [scores('bias.at + query * bias.row;', 'bias.at + Math.max(0, query - 1) * bias.row;')],
  },
  {
    name: 'the gradient of the bias with the scale',
    edits: [passes('ofBias.data[to + j] = shares', 'ofBias.data[to + j] = scale * shares')],
  },
  {
    name: 'the gradients of keys from the last block alone',
    edits: [passes('place.data[place.at + j]! += sums[j]!', 'place.data[place.at + j] = sums[j]!')],
  },
  {
    name: 'queries without gradient that are read',
    edits: [passes('!idle[i] && !isHidden(head, from + i, j)', '!isHidden(head, from + i, j)')],
  },
  {
    name: 'scores that overflow left as NaN',
    edits: [scores('carefulShares(head, query, scores, at, seen);', '')],
  },
  {
    name: 'hidden keys among those that are seen in a sum that is not finite',
    edits: [mend('if (!isSeen(i, k)) continue;', '')],
  },
].map((patch): Patch => ({ ...patch, stands: [86], red }));

/** What the compiled kernels are told. */
const tasks = [
  {
    name: 'the keys of a head in place of those of its group',
    edits: [
      compiled('at(i === 1 || i === 2 ? group : h)', 'at(i === 1 || i === 2 ? Math.min(group, 0) : h)'),
    ],
  },
  {
    name: 'rows of scores without room for what follows them',
    edits: [compiled('Math.floor((keys + 19) / 16)', 'Math.floor((keys + 15) / 16)')],
  },
  {
    name: 'work space for the scores alone',
    edits: [compiled('64 * DEPTH + 2 * block * step', '64 * DEPTH + block')],
  },
  {
    name: 'the measures of a head over those of the one before',
    edits: [compiled('sums + 16 * rows,', 'sums + 8 * rows,')],
  },
  {
    name: 'pairs in columns read as if they were in rows',
    edits: [compiled('if (pairs.column === 1) return', 'if (pairs.column < 2) return')],
  },
  {
    name: 'the gradients of groups all in the first',
    edits: [compiled('toKey! + 4 * group * keys * width', 'toKey!')],
  },
  {
    name: 'an output that is not finite left as it is',
    edits: [compiled('failed.push(h)', 'failed.length = 0')],
  },
  {
    name: 'gradients of keys and values that are not checked',
    edits: [compiled('|| !fitFloat32(exports, [dk, keys * width], [dv, keys * depth])', '')],
  },
  {
    name: 'heads of a group that go on after one that is not finite',
    edits: [
      compiled(
        'isFine = exports.attendBack32(task.address, scale, work) === 1;',
        'isFine = exports.attendBack32(task.address, scale, work) === 1 || h > 0;',
      ),
    ],
  },
  {
    name: 'all heads computed again, in JavaScript, if one is not finite',
    edits: [
      compiled('for (const h of failed)', 'for (let h = failed.length > 0 ? 0 : count; h < count; h++)'),
    ],
  },
  {
    name: 'the keys of the first group for a head that is computed again',
    edits: [heads('Math.floor(first / heads.sharing)', 'Math.min(first / heads.sharing, 0)')],
  },
  {
    name: 'gradients of the groups before one that is not finite',
    edits: [compiled('someOf(heads, group * sharing, sharing)', 'someOf(heads, 0, sharing)')],
  },
  {
    name: 'outputs of queries that see no key left as they were',
    edits: [compiled('out.fill(0);', '')],
  },
  {
    name: 'gradients added to what was there',
    edits: [compiled('gradients?.fill(0)', 'void gradients')],
  },
  {
    name: 'a bias with a gradient of the first head for all',
    edits: [compiled('toBias && toBias + 4 * rows * keys', 'toBias')],
  },
].map((patch): Patch => ({ ...patch, stands: [86], red, kernels: 'wasm' }));

export const attentions: readonly Patch[] = [...loops, ...tasks];
