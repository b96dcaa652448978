import { expect } from 'chai';
import fc from 'fast-check';
import { flat, memoryInfo } from '../../src/array/index.js';
import { arena, kernelInfo, setKernels } from '../../src/kernels/index.js';
import { type Block, Arena } from '../../src/kernels/wasm/arena.js';
import { attempt } from '../../src/kernels/wasm/call.js';
import type { Engine } from '../../src/kernels/wasm/engine.js';
import { Staging } from '../../src/kernels/wasm/staging.js';
import {
  NormtapeError,
  add,
  createNormalizationLayer,
  matmul,
  mul,
  randomNormal,
  scope,
  softmax,
  tanh,
  tensor,
  zeros,
} from '../../src/index.js';

const isCompiled = (): boolean => kernelInfo().kernels !== 'js';

describe('an arena', () => {
  const steps = (bytes: fc.Arbitrary<unknown>) =>
    fc.array(fc.record({ bytes: bytes as fc.Arbitrary<number>, drop: fc.nat(9) }), { maxLength: 60 });
  const counts = fc.integer({ min: 0, max: 9000 });
  const sizes = steps(counts);
  /** What is no count of bytes: no block may be made of it. */
  const strays = [NaN, -1, -176, -1e9, 0.5, 2 ** 15 - 0.5, Infinity, -Infinity, undefined, '64', [64], null];

  it('joins what was freed: with nothing allocated, nearly all of it fits one array again', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), (steps, backwards) => {
        const size = 1 << 15;
        const room = new Arena(new ArrayBuffer(size), 1024);
        const held: Block[] = [];
        for (const { bytes, drop } of steps) {
          const block = room.malloc(bytes);
          if (block) held.push(block);
          if (drop < held.length) room.free(held.splice(drop, 1)[0]!);
        }
        // Fill it up, so that nothing is left that was never allocated.
        for (let block = room.malloc(16); block; block = room.malloc(16)) held.push(block);
        for (const block of backwards ? held.reverse() : held) room.free(block);
        expect(room.used).to.deep.equal({ bytes: 0, blocks: 0 });
        // The largest size of a block that fits between 1024 and the end.
        const whole = room.malloc(28_672)!;
        expect(whole, 'one large block').not.to.equal(undefined);
        expect(whole.address).to.be.within(1024, size - whole.bytes);
      }),
    );
  });

  it('allocates blocks that are large enough, aligned, inside the memory, and disjoint, also between sizes that it refuses', () => {
    fc.assert(
      fc.property(steps(fc.oneof({ weight: 5, arbitrary: counts }, fc.constantFrom(...strays))), (steps) => {
        const room = new Arena(new ArrayBuffer(1 << 15), 1024);
        const held: Block[] = [];
        for (const { bytes, drop } of steps) {
          if (strays.includes(bytes)) {
            expect(() => room.malloc(bytes)).to.throw(NormtapeError, 'a whole number of bytes');
            continue;
          }
          const block = room.malloc(bytes);
          if (block) {
            expect(block.bytes).to.be.at.least(bytes);
            expect(block.address % 16).to.equal(0);
            expect(block.address).to.be.at.least(1024);
            expect(block.address + block.bytes).to.be.at.most(1 << 15);
            for (const other of held) {
              const apart =
                block.address >= other.address + other.bytes || other.address >= block.address + block.bytes;
              expect(apart).to.equal(true);
            }
            held.push(block);
          }
          if (drop < 4 && held.length) room.free(held.splice(drop % held.length, 1)[0]!);
          const total = held.reduce((sum, each) => sum + each.bytes, 0);
          expect(room.used).to.deep.equal({ bytes: total, blocks: held.length });
        }
      }),
    );
  });

  it('wastes at most a quarter of a block, except of the smallest', () => {
    const room = new Arena(new ArrayBuffer(1 << 20), 0);
    for (let bytes = 64; bytes < 20000; bytes += 7) {
      const block = room.malloc(bytes)!;
      expect(block.bytes).to.be.at.most(1.25 * bytes + 16);
      room.free(block);
    }
  });

  it('allocates a freed block again before it cuts a new one', () => {
    const room = new Arena(new ArrayBuffer(1 << 16), 0);
    const first = room.malloc(1000)!;
    room.free(first);
    expect(room.malloc(990)).to.equal(first);
    expect(room.malloc(990)).not.to.equal(first);
  });

  it('allocates nothing if it is full, and a block once one is freed', () => {
    const room = new Arena(new ArrayBuffer(4096), 0);
    const block = room.malloc(2048)!;
    expect(room.malloc(2048)).not.to.equal(undefined);
    expect(room.malloc(2048)).to.equal(undefined);
    room.free(block);
    expect(room.malloc(2048)).to.equal(block);
  });

  it('cuts up a large freed block if nothing else is left', () => {
    const room = new Arena(new ArrayBuffer(8192 + 192), 0);
    const whole = room.malloc(8192)!;
    expect(room.malloc(16)).to.equal(undefined);
    room.free(whole);
    const parts = [1024, 2048, 512].map((bytes) => room.malloc(bytes)!);
    expect(parts.map(({ address }) => address)).to.deep.equal([0, 1024, 3072]);
  });

  it('allocates parts of freed blocks if nothing else is left', () => {
    const room = new Arena(new ArrayBuffer(4096), 0);
    const [first, last] = [room.malloc(2048)!, room.malloc(2048)!];
    room.free(first);
    const parts = [room.malloc(1024)!, room.malloc(1024)!];
    expect(parts.map(({ address }) => address)).to.deep.equal([first.address, first.address + 1024]);
    expect(room.malloc(16)).to.equal(undefined);
    room.free(parts[0]!);
    expect(room.malloc(2048)).to.equal(undefined);
    room.free(last);
    expect(room.malloc(2048)).to.equal(last);
  });

  it('reads a block as numbers of either dtype', () => {
    const room = new Arena(new ArrayBuffer(4096), 64);
    const block = room.malloc(64)!;
    const narrow = room.numbers(block, false, 16);
    expect([narrow.constructor, narrow.byteOffset, narrow.length]).to.deep.equal([Float32Array, 64, 16]);
    expect(room.numbers(block, false, 16)).to.equal(narrow);
    expect(room.numbers(block, false, 15)).to.have.length(15);
    expect(room.numbers(block, true, 8)).to.be.instanceOf(Float64Array);
    expect(room.numbers(block, false, 8)).to.be.instanceOf(Float32Array);
  });
});

describe('the copies of a call', () => {
  const room = () => new Arena(new ArrayBuffer(1 << 14), 1024);

  it('lie inside their blocks, whatever kind of numbers they are of', () => {
    const sevens = Array<number>(100).fill(7);
    const kinds = [Int8Array, Uint8Array, Int16Array, Int32Array, Float32Array, Float64Array];
    for (const numbers of [sevens, ...kinds.map((Kind) => Kind.from(sevens))]) {
      for (const way of ['read', 'write', 'update', 'readIntegers'] as const) {
        const memory = room();
        const staging = new Staging(memory);
        const address = staging[way](numbers as never);
        const behind = memory.malloc(400)!;
        const width = numbers instanceof Float64Array && way !== 'readIntegers' ? 8 : 4;
        expect(behind.address, `${numbers.constructor.name} ${way}`).to.be.at.least(address + 100 * width);
        staging.free();
      }
    }
  });

  it('are made of no object without a length, and end the call', () => {
    for (const way of ['read', 'write', 'update', 'readIntegers'] as const) {
      const engine = { arena: room() } as Engine;
      const call = () => attempt(engine, (_, memory) => void memory[way]({} as never));
      expect(call).to.throw(NormtapeError, 'a whole number of bytes');
      expect(engine.arena.used).to.deep.equal({ bytes: 0, blocks: 0 });
    }
  });

  it('are missing if not even one of nothing fits', () => {
    const full = { arena: new Arena(new ArrayBuffer(1024), 1024) } as Engine;
    expect(attempt(full, (_, memory) => void memory.read(new Float32Array(0)))).to.equal(1);
  });
});

describe('the memory of arrays', () => {
  const x = randomNormal([24, 17], { seed: 1 });
  const w = randomNormal([17, 5], { seed: 2 });
  const program = () => softmax(add(tanh(matmul(x, w)), 0.5), -1).toArray();

  it('changes no result if it is full', function () {
    if (!isCompiled()) this.skip();
    const expected = program();
    const memory = arena()!;
    // To take all there is would leave it in pieces of other sizes than later tests need.
    Object.assign(memory, { malloc: () => undefined });
    try {
      const before = memoryInfo();
      expect(program()).to.deep.equal(expected);
      expect(memoryInfo()).to.deep.equal(before);
    } finally {
      Reflect.deleteProperty(memory, 'malloc');
    }
    expect(program()).to.deep.equal(expected);
  });

  it('reads arrays outside of it, whatever their strides, and never writes into them', () => {
    const given = Float32Array.from({ length: 12 }, (_, i) => i - 4);
    const before = [...given];
    const outside = tensor(given, { shape: [3, 4], copy: false });
    expect(mul(outside, outside).toArray()).to.deep.equal(
      [0, 1, 2].map((i) => [0, 1, 2, 3].map((j) => (4 * i + j - 4) ** 2)),
    );
    expect([...given]).to.deep.equal(before);
    expect(outside.value.data).to.equal(given);
  });

  it('counts the arrays in use, and is freed', function () {
    if (!isCompiled()) this.skip();
    const before = memoryInfo();
    scope(() => {
      const y = add(randomNormal([64, 64], { seed: 3 }), 1);
      expect(y.shape).to.deep.equal([64, 64]);
      const { bytes, arrays, reserved } = memoryInfo();
      expect(bytes - before.bytes).to.be.at.least(2 * 4 * 64 * 64);
      expect(arrays - before.arrays).to.be.at.least(2);
      expect(reserved).to.be.at.least(2 ** 26);
    });
    expect(memoryInfo()).to.deep.equal(before);
  });

  it('keeps only the value of an op that is on no tape', function () {
    if (!isCompiled()) this.skip();
    const layer = createNormalizationLayer('layer_norm');
    const wide = randomNormal([64, 64], { seed: 3 });
    layer.forward(wide);
    // In a scope, since outside of one a result leaves the memory after 32 MiB of others, which other tests may have left.
    scope(() => {
      const before = memoryInfo();
      const y = layer.forward(wide);
      const { bytes, arrays } = memoryInfo();
      expect([bytes - before.bytes, arrays - before.arrays]).to.deep.equal([4 * 64 * 64, 1]);
      expect(y.shape).to.deep.equal([64, 64]);
    });
  });

  it('is freed once by an array that is copied out, however often that is read', function () {
    if (!isCompiled()) this.skip();
    const before = memoryInfo();
    const y = randomNormal([64, 64], { seed: 3 });
    const { data } = y.value;
    expect(y.value.data).to.deep.equal(data);
    expect(memoryInfo()).to.deep.equal(before);
  });

  it('stays half free, however much a loop leaves to the garbage collector', function () {
    if (!isCompiled()) this.skip();
    const before = memoryInfo().bytes;
    const made = Array.from({ length: 40 }, (_, i) => add(zeros([1024, 4096]), i));
    const { bytes, reserved } = memoryInfo();
    expect(bytes - before).to.be.at.most(0.5 * reserved);
    expect([made[0]!, made[39]!].map((y) => y.value.data[7])).to.deep.equal([0, 39]);
  });

  it('is not used by the kernels in JavaScript', () => {
    const { kernels } = kernelInfo();
    setKernels('js');
    try {
      const before = memoryInfo();
      expect(before).to.deep.equal({ bytes: 0, arrays: 0, retired: 0, reserved: 0 });
      expect(() => scope(() => tensor([1, 2]))).not.to.throw();
    } finally {
      setKernels(kernels);
    }
  });
});

describe('memory that was filled with small arrays', () => {
  it('has room for large ones again: the same kernels, and the same bits', function () {
    if (!isCompiled()) this.skip();
    this.timeout(60_000);
    const [a, b] = [randomNormal([256, 300], { seed: 1 }), randomNormal([300, 256], { seed: 2 })];
    const layer = createNormalizationLayer('layer_norm');
    const computed = () => {
      const product = matmul(a, b);
      return [product, softmax(product), layer.forward(product)].map((x) => flat(x.value).slice());
    };
    const before = scope(computed);
    const small = zeros([1000]);
    scope(() => {
      const { reserved } = memoryInfo();
      for (let bytes = 0; bytes < reserved; bytes += 4096) mul(small, 2);
    });
    const whole = arena()!;
    const large = whole.malloc(2 ** 26);
    expect(large, 'room for 64 MB').not.to.equal(undefined);
    whole.free(large!);
    const after = scope(computed);
    const names = ['matmul', 'softmax', 'layer_norm'];
    const different = names.map((name, k) => {
      const places = [...after[k]!.keys()].filter((i) => !Object.is(after[k]![i], before[k]![i]));
      return `${name}: ${places.length} of ${before[k]!.length}, first at ${places[0]}`;
    });
    expect(different, JSON.stringify({ ...memoryInfo(), ...kernelInfo() })).to.deep.equal(
      names.map((name, k) => `${name}: 0 of ${before[k]!.length}, first at undefined`),
    );
  });
});
