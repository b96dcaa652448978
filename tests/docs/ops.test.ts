import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as ops from '../../src/ops/catalog.js';
import * as created from '../../src/ops/create.js';

describe('the page of ops', () => {
  const page = readFileSync('docs/ops.md', 'utf8');
  const named = new Set([...page.matchAll(/`([a-zA-Z0-9]+)(?:\([^`]*\))?`/g)].map(([, name]) => name));

  it('names every op of the catalog and every function that makes a tensor', () => {
    const missing = [...Object.keys(ops), ...Object.keys(created)].filter((name) => !named.has(name));
    expect(missing).to.deep.equal([]);
  });
});
