import { expect } from 'chai';
import fc from 'fast-check';
import { beginStep, isRetired, retire, retiredStores } from '../../src/array/memory/deferred.js';
import { Region, runIn } from '../../src/array/memory/region.js';
import { Store } from '../../src/array/memory/store.js';
import { kernelInfo } from '../../src/kernels/index.js';

// Stores whose block is freed a step after the one in which they were retired, held to a model of the rule.

const MIB = 2 ** 20;
const small = (): Store => Store.allocate(true, 600);
const isFreed = (store: Store): boolean => {
  try {
    return store.numbers.length < 0;
  } catch {
    return true;
  }
};

describe('a retired store', () => {
  before(function () {
    // The JavaScript kernels have no arena, so there is no block to free.
    if (kernelInfo().kernels === 'js') this.skip();
  });
  beforeEach(() => [1, 2].forEach(beginStep));
  afterEach(() => [1, 2].forEach(beginStep));

  it('is freed by the second step that begins after it, unless it has another owner by then', () => {
    type Act = 'retire' | 'step' | 'leave' | 'free';
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom<Act>('retire', 'retire', 'step', 'leave', 'free'), fc.nat(9)), {
          maxLength: 40,
        }),
        (acts) => {
          [1, 2].forEach(beginStep);
          const held: { readonly store: Store; steps: number; isOurs: boolean; isFreed: boolean }[] = [];
          for (const [act, which] of acts) {
            const one = held[which % Math.max(1, held.length)];
            if (act === 'retire') {
              const store = small();
              retire(store);
              held.push({ store, steps: 0, isOurs: true, isFreed: false });
            } else if (act === 'step') {
              beginStep();
              for (const each of held) if (each.isOurs && ++each.steps === 2) each.isFreed = true;
            } else if (one && one.isOurs && !one.isFreed) {
              one.isOurs = false;
              if (act === 'free') one.store.free();
              else one.store.copyOut();
              one.isFreed = act === 'free';
            }
            const pending = held.filter((each) => each.isOurs && !each.isFreed).map(({ store }) => store);
            expect([...retiredStores()]).to.deep.equal(pending);
            for (const each of held) {
              expect(isFreed(each.store)).to.equal(each.isFreed);
              expect(isRetired(each.store)).to.equal(each.isOurs && !each.isFreed);
            }
          }
        },
      ),
    );
  });

  it('is freed earlier if over 64 MiB are retired, the oldest first', () => {
    const stores = Array.from({ length: 9 }, () => Store.allocate(true, MIB));
    expect(
      stores.every((store) => store.bytes > 0),
      'room in the arena',
    ).to.equal(true);
    const [{ bytes }] = stores as [Store];
    const fitting = Math.floor((64 * MIB) / bytes);
    stores.forEach((store, i) => {
      retire(store);
      expect(stores.map(isFreed)).to.deep.equal(stores.map((_, at) => at <= i - fitting));
    });
    // What was freed counts no more: as many fit again.
    beginStep();
    beginStep();
    const next = Store.allocate(true, MIB);
    retire(next);
    expect(isFreed(next)).to.equal(false);
    expect(retiredStores()).to.deep.equal([next]);
  });

  it('has no owner if it holds no block', () => {
    const store = small();
    store.copyOut();
    store.owner = {} as never;
    retire(store);
    expect(store.owner).to.equal(undefined);
    expect(retiredStores()).to.deep.equal([]);
  });
});

describe('a region', () => {
  before(function () {
    // Without an arena no store of a region is ever freed.
    if (kernelInfo().kernels === 'js') this.skip();
  });
  const adopted = (region: Region, count: number): Store[] =>
    Array.from({ length: count }, () => {
      const store = small();
      region.adopt(store);
      return store;
    });

  it('frees what lies from a mark on, and no store of another owner', () => {
    const region = new Region();
    const stores = adopted(region, 5);
    stores[3]!.owner = undefined;
    region.free(2);
    expect(stores.map(isFreed)).to.deep.equal([false, false, true, false, true]);
    expect(region.mark).to.equal(2);
    region.free();
    expect(stores.map(isFreed)).to.deep.equal([true, true, true, false, true]);
    stores[3]!.free();
  });

  it('frees from a mark on what nobody refers to, and keeps the others in order', () => {
    const region = new Region();
    const stores = adopted(region, 6);
    stores[2]!.refCount = 1;
    stores[5]!.refCount = 2;
    stores[4]!.owner = undefined;
    region.freeUnreferenced(1);
    expect(stores.map(isFreed)).to.deep.equal([false, true, false, true, false, false]);
    expect(region.mark).to.equal(3);
    region.free(2);
    expect(stores.map(isFreed)).to.deep.equal([false, true, false, true, false, true]);
    region.free();
    stores[4]!.free();
  });

  it('retires outputs, and what was allocated later, and frees what lies between', () => {
    const region = new Region();
    const stores = adopted(region, 6);
    stores[4]!.owner = undefined;
    region.retireFrom(1, 3, [undefined, stores[2]]);
    expect(stores.map(isRetired)).to.deep.equal([false, false, true, true, false, true]);
    expect(stores.map(isFreed)).to.deep.equal([false, true, false, false, false, false]);
    expect(region.mark).to.equal(1);
    region.free();
    stores[4]!.free();
  });

  it('hands its stores over to the region around it, in which its marks stay valid', () => {
    const outer = new Region();
    adopted(outer, 3);
    const inner = new Region();
    const stores = adopted(inner, 5);
    const elsewhere = new Region();
    stores[1]!.owner = elsewhere;
    runIn(outer, () => inner.transferToOuter());
    expect(outer.mark).to.equal(8);
    expect(stores.map(({ owner }) => owner)).to.deep.equal([outer, elsewhere, outer, outer, outer]);
    inner.retireFrom(4, 5, [stores[4]]);
    expect(isRetired(stores[4]!)).to.equal(true);
    inner.free(2);
    expect(stores.map(isFreed)).to.deep.equal([false, false, true, true, false]);
    expect(outer.mark).to.equal(5);
    outer.free();
    expect(stores.map(isFreed)).to.deep.equal([true, false, true, true, false]);
    stores[1]!.free();
  });

  it('leaves its stores readable if no region is around it', () => {
    const region = new Region();
    const stores = adopted(region, 3);
    stores[0]!.numbers.fill(7);
    const elsewhere = new Region();
    stores[1]!.owner = elsewhere;
    region.transferToOuter();
    region.free();
    expect(stores.map(isFreed)).to.deep.equal([false, false, false]);
    expect(stores.map(({ owner }) => owner === elsewhere)).to.deep.equal([false, true, false]);
    expect(stores[0]!.numbers[599]).to.equal(7);
    for (const store of stores) store.free();
  });
});
