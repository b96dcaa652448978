import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { fromPieces, unpacked } from '../../src/cli/pieces.js';
import { load } from '../../src/cli/sweep/source.js';
import { readCsv } from '../../src/data/index.js';
import { folder } from './support.js';

/** A terminal that records the output of a progress bar. */
function screen(): { readonly stream: NodeJS.WriteStream; drawn(): string } {
  let drawn = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      drawn += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: true, columns: 80 }) as never, drawn: () => drawn };
}

describe('files that are read in pieces', () => {
  const place = folder();

  /** Characters of two bytes at changing positions, so that some lie across the ends of pieces. */
  const lines = Array.from(
    { length: 150_000 },
    (_, i) => `${i % 977},"é${'ü'.repeat(i % 13)}",${i % 3 ? 'ä' : 'b'}`,
  );
  const text = `x,w,kind\n${lines.join('\n')}`;

  it('give the same data as their whole text, in every encoding', function () {
    this.timeout(60_000);
    const whole = readCsv(text, { ignore: ['w'] });
    const encodings = {
      'utf-8': Buffer.from(text),
      'utf-16': Buffer.from(`\ufeff${text}`, 'utf16le'),
      latin1: Buffer.from(text, 'latin1'),
    };
    for (const [name, bytes] of Object.entries(encodings)) {
      const path = join(place, `${name}.csv`);
      writeFileSync(path, bytes);
      const { train, test } = load({
        data: path,
        csv: { ignore: ['w'] },
        testShare: 0.5,
        standardize: false,
      });
      const read = [train, test].flatMap(({ features }) => [...features.value.data]);
      expect(read.length).to.equal(150_000);
      expect(
        read.every((value, i) => value === whole.features.value.data[i]),
        name,
      ).to.equal(true);
      expect('classes' in train && train.classes).to.deep.equal(whole.classes);
    }
  });

  it('show a progress bar on a terminal if they are large', () => {
    const path = join(place, 'large.csv');
    writeFileSync(path, Buffer.alloc(20 << 20, 'x'));
    const { stream, drawn } = screen();
    const count = fromPieces(path, { screen: stream }, (content) => {
      let bytes = 0;
      if (typeof content === 'object' && 'read' in content)
        for (const piece of content.read()) bytes += piece.length;
      return bytes;
    });
    expect(count).to.equal(20 << 20);
    expect(drawn()).to.include('large.csv');
  });

  it('are rejected if they unpack to more than the limit, or are not packed', () => {
    const path = join(place, 'bomb.gz');
    writeFileSync(path, gzipSync(Buffer.alloc(1 << 20)));
    expect(unpacked(path).length).to.equal(1 << 20);
    expect(() => unpacked(path, (1 << 20) - 1)).to.throw(
      `bomb.gz: expected at most ${(1 << 20) - 1} bytes when unpacked, received "more". Unpack it first.`,
    );
    writeFileSync(path, 'no gzip');
    expect(() => unpacked(path)).to.throw('bomb.gz: expected a file packed by gzip, received');
  });
});
