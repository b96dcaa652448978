import { expect } from 'chai';
import { NormtapeError, memoryInfo, scope, setKernels } from '../../src/index.js';
import { type Call, anything, enter, nearly, settled } from './doors/exports.js';
import { placesOf } from './exports/places.js';
import { stale, targets } from './exports/targets.js';
import { type Garbage } from './garbage.js';

const makers: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 5,
  'a text': () => 'no',
  'a symbol': () => Symbol('s'),
  'a bigint': () => 10n,
  'an object': () => ({}),
  'an object whose toString is 1': () => ({ toString: 1 }),
  'a promise': () => Promise.resolve(1),
  'an async function': () => async () => 1,
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

const unreadableObject = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('read');
      },
    },
  );

const isText = (value: string | undefined): value is string => value !== undefined;

const kinds: readonly Garbage[] = Object.entries(makers).map(([words, make]) => ({ words, make }));

/** The error of a call, if it is not a NormtapeError; otherwise undefined. */
async function rawOf(call: Call): Promise<string | undefined> {
  try {
    await enter(call);
  } catch (error) {
    if (!(error instanceof NormtapeError)) return `${call.words}: ${String((error as Error).stack)}`;
  }
  return undefined;
}

describe('calls of all exports', () => {
  it('has a valid call of every function, class and method, and none of removed ones', () => {
    expect(targets.filter(({ sample }) => !sample).map(({ name }) => name)).to.deep.equal([]);
    expect(stale).to.deep.equal([]);
    expect(targets).to.have.length.above(500);
  });

  it('accepts every valid call', async () => {
    for (const { name, sample, call } of targets) {
      try {
        await settled(call(sample!()));
      } catch (error) {
        throw new Error(`${name}: ${String(error)}`, { cause: error });
      }
    }
  });

  it('rejects other kinds of arguments with a NormtapeError, alone and in place of the first argument', async function () {
    this.timeout(60_000);
    const calls = targets.flatMap((target, i) => [
      anything(target, []),
      // Rotate through the kinds: each target gets a few, and each kind hundreds of targets.
      ...[0, 3, 7].map((turn) => anything(target, [kinds[(i + turn) % kinds.length]!])),
      ...placesOf(target)
        .slice(0, 2)
        .map((place, j) => nearly(target, place, kinds[(i + 5 * j + 1) % kinds.length]!)),
    ]);
    const raw: string[] = [];
    for (const call of calls) raw.push(...[await rawOf(call)].filter(isText));
    expect(raw).to.deep.equal([]);
  });

  it('rejects what cannot be read with a NormtapeError, at every place of a valid call', async function () {
    this.timeout(60_000);
    const unreadable: readonly Garbage[] = [
      { words: 'a revoked proxy', make: makers['a revoked proxy']! },
      { words: 'an object that throws when it is read', make: unreadableObject },
    ];
    const raw: string[] = [];
    for (const target of targets)
      for (const place of placesOf(target))
        for (const given of unreadable)
          raw.push(...[await rawOf(nearly(target, place, given))].filter(isText));
    expect(raw).to.deep.equal([]);
  });

  it('rejects calls without keeping memory', async () => {
    setKernels('auto');
    const calls = targets.filter(({ sample }) => sample!().length > 0).slice(0, 60);
    const round = async (): Promise<number> => {
      for (const target of calls) await rawOf(nearly(target, [0], kinds[4]!));
      return scope(() => memoryInfo().arrays);
    };
    await round();
    const before = await round();
    for (let i = 0; i < 5; i++) await round();
    // Unreferenced arrays are freed between tasks, so a few may wait.
    expect(await round()).to.be.at.most(2 * before + 60);
  });
});
