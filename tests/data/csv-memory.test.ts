import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { whereBuilt } from '../package/built.js';

/** A program that reads a table of numbers and words in its own process, and prints its memory. */
const READING = `
const { existsSync, readFileSync } = await import('node:fs');
const { readCsv } = await import(process.argv[1]);
// resourceUsage includes the memory of the parent at the time of the fork; /proc does not.
const status = '/proc/self/status';
const most = () =>
  existsSync(status)
    ? Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync(status, 'utf8'))[1]) * 1024
    : process.resourceUsage().maxRSS * 1024;
const rows = 150_000;
const row = (i) => Array.from({ length: 20 }, (_, j) => ((i * 7919 + j * 104729) % 200003) / 16).join(',');
const parts = [];
for (let i = 0; i < rows; i += 5000) {
  const lines = Array.from({ length: 5000 }, (_, k) => row(i + k) + ',identifier-' + (i + k) + ',' + (i + k) % 3 + '\\n');
  parts.push(Buffer.from(lines.join('')));
}
const content = Buffer.concat(parts);
parts.length = 0;
const before = process.memoryUsage.rss();
const data = readCsv(content, { ignore: [20] });
const after = most();
console.log(JSON.stringify({
  bytes: content.length,
  taken: after - before,
  shape: data.features.shape,
  last: Array.from(data.features.value.data.subarray(-20)).join(','),
  expected: row(rows - 1),
}));
`;

describe('a large CSV file', () => {
  before(whereBuilt('dist/data/index.js'));

  it('needs memory for its numbers, and little heap, whatever the size of its text', function () {
    this.timeout(120_000);
    const library = pathToFileURL('dist/data/index.js').href;
    const args = ['--max-old-space-size=48', '--input-type=module', '--eval', READING, library];
    const said = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
      readonly bytes: number;
      readonly taken: number;
      readonly shape: readonly number[];
      readonly last: string;
      readonly expected: string;
    };
    expect(said.shape).to.deep.equal([150_000, 20]);
    expect(said.last).to.equal(said.expected);
    // 22 cells of 8 bytes, and 20 numbers of the result.
    const needed = 150_000 * 8 * (22 + 20);
    expect(said.taken).to.be.below(2.5 * needed);
  });
});
