import { expect } from 'chai';
import { spawnSync } from 'node:child_process';

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
});
