import { expect } from 'chai';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { bytesOfDigits } from '../../../src/kernels/digits.js';
import { BASE } from '../../../src/kernels/wasm/engine.js';
import { patched } from '../../../src/kernels/wasm/patch.js';
import { builds } from '../../support/builds.js';
import { laboratories } from './laboratory.js';

type EditsOf = (from: Uint8Array, to: Uint8Array) => Uint8Array;

describe('the compiled kernels', () => {
  it('match their sources', function () {
    this.timeout(60000);
    execFileSync('node', ['scripts/build-kernels.mjs', '--check'], { stdio: 'pipe' });
  });

  it('keep their constants below the arrays', () => {
    for (const [, { kernels }] of laboratories()) expect(kernels.reserved()).to.be.within(1024, BASE);
  });

  // One and a half are those of erf, which make dynamic_erf ten times as fast, and three those of masks and of EvoNorm,
  // which do the same for these. One and a half are those of gates, thresholds, given statistics and windows, which make
  // gated_rms_norm, filter_response_norm, cumulative_layer_norm and others up to three times as fast. Two are those of
  // convolution and pooling, which make a training step of a ResNet or ConvNeXt three to five times as fast, and two those
  // of attention, which make it two to six times as fast. A third of one are those of comparisons and masks, which make dropout five times as fast.
  it('take at most 40.8 kB after gzip in a page, both builds together', () => {
    expect(gzipSync(`${builds.plain}${builds.edits}`).length).to.be.at.most(40800);
    expect(gzipSync(Buffer.from(builds.plain, 'hex')).length).to.be.at.most(33_100);
  });

  it('patch the plain build to the relaxed one', () => {
    const plain = bytesOfDigits(builds.plain);
    const relaxed = patched(plain, bytesOfDigits(builds.edits));
    const [exports, own] = [plain, relaxed].map((bytes) => Buffer.from(bytes).toString('latin1'));
    expect(own!.slice(0, 8)).to.equal(exports!.slice(0, 8));
    expect(own).not.to.equal(exports);
    expect(own).to.include('normalizeRowsBack32');
  });

  it('are patched by edits of any bytes', async () => {
    const path = '../../../scripts/edits.mjs';
    const { editsOf } = (await import(path)) as { readonly editsOf: EditsOf };
    const few = fc.uint8Array({ max: 3, maxLength: 60 });
    const stretches = fc.array(fc.uint8Array({ minLength: 20, maxLength: 300 }), {
      minLength: 1,
      maxLength: 4,
    });
    const pairs = fc.oneof(
      fc.tuple(few, few),
      stretches.chain((parts) =>
        fc.tuple(
          fc.constant(Uint8Array.from(parts.flatMap((part) => [...part]))),
          fc
            .array(fc.oneof(fc.constantFrom(...parts), few), { maxLength: 6 })
            .map((chosen) => Uint8Array.from(chosen.flatMap((part) => [...part]))),
        ),
      ),
    );
    fc.assert(
      fc.property(pairs, ([from, to]) => {
        expect(patched(from, editsOf(from, to))).to.deep.equal(to);
      }),
    );
  });
});
