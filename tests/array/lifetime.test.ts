import { expect } from 'chai';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { type NdArray, Region, fromSource, full, runIn, transpose } from '../../src/array/index.js';
import {
  deferFree,
  escape,
  expose,
  free,
  freeTemporaries,
  isShared,
  keep,
  keepBriefly,
  ownerOf,
  pin,
  release,
  retain,
  shareMemory,
  unpin,
} from '../../src/array/lifetime.js';
import { beginStep, isRetired } from '../../src/array/memory/deferred.js';
import { storeOf } from '../../src/array/view.js';
import { kernelInfo } from '../../src/kernels/index.js';

const large = (): NdArray => full([600], 1, 'float64');

describe('the lifetime of arrays', () => {
  it('leaves arrays that were made elsewhere alone', () => {
    const region = new Region();
    const foreign = ndarray(Float32Array.of(1, 2)) as NdArray;
    retain(foreign, region);
    release(foreign, region);
    escape(foreign, region);
    freeTemporaries(region, 0, [foreign]);
    for (const act of [free, keep, keepBriefly, expose, deferFree, pin]) act(foreign);
    unpin(foreign, false);
    expect([ownerOf(foreign), isShared(foreign), foreign.get(0), foreign.get(1)]).to.deep.equal([
      ...[undefined, false, 1, 2],
    ]);
  });

  it('knows views of one memory, and arrays with more than one reference', () => {
    const [a, b] = [fromSource([1, 2]), fromSource([1, 2])];
    expect([shareMemory(a, transpose(a, [0])), shareMemory(a, b)]).to.deep.equal([true, false]);
    const region = new Region();
    const x = runIn(region, large);
    const counted = [0, 1, 2].map(() => {
      const shared = isShared(x);
      retain(x, region);
      return shared;
    });
    expect([...counted, isShared(x)]).to.deep.equal([false, false, true, true]);
    retain(x, new Region());
    [1, 2].forEach(() => release(x, region));
    expect([isShared(x), x.get(0)]).to.deep.equal([false, 1]);
  });

  it('keeps the counts of results, and frees what is not one of them', function () {
    // The JavaScript kernels have no memory to free.
    if (kernelInfo().kernels === 'js') this.skip();
    const region = new Region();
    const [result, rest] = runIn(region, () => [large(), large()]);
    freeTemporaries(region, 0, [result!]);
    expect([storeOf(result!)!.refCount, result!.get(0)]).to.deep.equal([0, 1]);
    expect(() => rest!.get(0)).to.throw('freed');
  });

  it('retires a replaced array as soon as nothing pins it, unless it is in use again', function () {
    // The JavaScript kernels have no memory to free.
    if (kernelInfo().kernels === 'js') this.skip();
    type Act = 'pin' | 'unpin' | 'unpin, in use' | 'replace';
    const acts = fc.array(fc.constantFrom<Act>('pin', 'unpin', 'unpin, in use', 'replace'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(acts, (list) => {
        const x = large();
        let [pins, isDue, isGone] = [0, false, false];
        for (const act of list) {
          if (isGone || (act.startsWith('unpin') && pins === 0)) continue;
          if (act === 'pin') {
            pin(x);
            pins += 1;
          } else if (act === 'replace') {
            deferFree(x);
            if (pins > 0) isDue = true;
            else isGone = true;
          } else {
            unpin(x, act !== 'unpin');
            pins -= 1;
            isDue &&= act === 'unpin';
            isGone = isDue && pins === 0;
          }
          expect(isRetired(storeOf(x)!)).to.equal(isGone);
        }
        [1, 2].forEach(beginStep);
        if (isGone) expect(() => x.get(0)).to.throw();
        else expect(x.get(0)).to.equal(1);
      }),
    );
  });
});
