import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { opReference } from '../../docs/generate.js';
import { opsOf } from '../../docs/op-reference.js';
import * as ops from '../../src/ops/catalog.js';
import * as created from '../../src/ops/create.js';

const named = (page: string): ReadonlySet<string> =>
  new Set([...page.matchAll(/`([a-zA-Z0-9]+)(?:\([^`]*\))?`/g)].map(([, name]) => name!));

describe('the pages of ops', () => {
  it('list every op with its comment; if not, run npm run docs', () => {
    expect(readFileSync('docs/op-reference.md', 'utf8')).to.equal(opReference());
    const listed = [...opsOf('src/ops/catalog.ts').values()].flat().map(({ name }) => name);
    expect(listed).to.have.members(Object.keys(ops));
  });

  it('name no op that is gone, and every function that makes a tensor', () => {
    const names = named(readFileSync('docs/ops.md', 'utf8'));
    expect(Object.keys(created).filter((name) => !names.has(name))).to.deep.equal([]);
    const called = [...readFileSync('docs/ops.md', 'utf8').matchAll(/^\| (`.*?) \|/gm)].flatMap(
      ([, cell]) => [...named(cell!)],
    );
    const known = { ...ops, ...created };
    expect(called.filter((name) => !(name in known))).to.deep.equal([]);
    expect(called).to.have.length.of.at.least(90);
  });
});
