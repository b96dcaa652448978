import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  Dense,
  add,
  broadcastTo,
  concat,
  conv1d,
  einsum,
  equal,
  gather,
  matmul,
  pad,
  reshape,
  stack,
  sum,
  tensor,
  upSample2d,
  zeros,
} from '../../src/index.js';
import { failure } from '../support/failure.js';

const INDEX = new URL('../../src/index.ts', import.meta.url).href;

/** Prints of each shape whether V8 keeps it as doubles; the first is what was given. */
const PROGRAM = `
  import { runInThisContext } from 'node:vm';
  import { Dense, full, reshape, tensor } from ${JSON.stringify(INDEX)};
  const areDoubles = runInThisContext('(list) => %HasDoubleElements(list)');
  const [two, four] = Float64Array.of(2, 4);
  const shape = [two, two];
  const x = tensor([1, 2, 3, 4], { shape });
  const made = [x, full(shape, 1), reshape(x, [four]), new Dense(two, { seed: 1 }).forward(x)];
  console.log([shape, ...made.map(({ value }) => value.shape)].map(areDoubles).join());
`;

describe('sizes', () => {
  it('are small integers, though an option was a double: kernels that count with doubles take twice the time', () => {
    // What is optimized may change the lists that it reads, so nothing is.
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import=tsx', '--no-opt', '--allow-natives-syntax', '--input-type=module', '-e', PROGRAM],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(status, stderr).to.equal(0);
    expect(stdout.trim()).to.equal('true,false,false,false,false');
  });

  it('are refused if positions would leave 32 bits, before memory for them is allocated', () => {
    const x = tensor([1]);
    const long = broadcastTo(x, [2 ** 30]);
    const [down, across] = [zeros([2 ** 16, 1]), zeros([1, 2 ** 16])];
    const wrong: Readonly<Record<string, () => unknown>> = {
      'a stretched size': () => broadcastTo(x, [2 ** 32 + 3]),
      'a stretched product': () => sum(broadcastTo(x, [2 ** 16, 2 ** 15])),
      'a size beside an empty axis': () => zeros([2 ** 31, 0]),
      'the shape of no elements': () => tensor([], { shape: [0, 2 ** 32] }),
      'an empty array reshaped': () => reshape(zeros([0]), [2 ** 32, 0]),
      'a sum': () => add(down, across),
      'a comparison': () => equal(down, across),
      'a product': () => matmul(down, across),
      'a summation': () => einsum('ij,jk->ik', down, across),
      'arrays put together': () => concat([long, long]),
      'arrays stacked': () => stack([long, long]),
      'rows taken many times': () => gather(broadcastTo(x, [1, 2 ** 20]), Array<number>(2 ** 12).fill(0)),
      'a pad': () => pad(x, [[2 ** 31, 0]]),
      'a padded sequence': () => conv1d(zeros([1, 2, 1]), zeros([1, 1, 1]), { padding: 2 ** 30 }),
      'a larger image': () => upSample2d(zeros([1, 1, 1, 1]), { size: 2 ** 16 }),
      'a layer': () => new Dense(2 ** 31).forward(zeros([1, 2])),
    };
    for (const [name, f] of Object.entries(wrong))
      expect(failure(f), name).to.match(
        /expected (a shape of|whole sizes from 0, and) fewer than 2³¹ elements/,
      );
  });
});
