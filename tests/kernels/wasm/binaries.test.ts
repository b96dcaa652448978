import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { binaries } from '../../../src/kernels/wasm/binaries.js';
import { BASE } from '../../../src/kernels/wasm/engine.js';
import { laboratories } from './laboratory.js';

describe('the compiled kernels', () => {
  it('are what their sources make', function () {
    this.timeout(60000);
    execFileSync('node', ['scripts/build-kernels.mjs', '--check'], { stdio: 'pipe' });
  });

  it('keep their constants below what arrays are given', () => {
    for (const [, { kernels }] of laboratories()) expect(kernels.reserved()).to.be.within(1024, BASE);
  });

  it('take at most 25 kB each on their way into a page', () => {
    for (const binary of Object.values(binaries)) {
      expect(gzipSync(Buffer.from(binary, 'base64')).length).to.be.at.most(25000);
    }
  });
});
