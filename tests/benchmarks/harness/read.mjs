import { readFileSync } from 'node:fs';

/** The numbers of an input, from its file. */
export function read({ path }) {
  const { buffer } = Uint8Array.from(readFileSync(path));
  return new Float32Array(buffer);
}

/** The class of a row in the MLP task: any rule that all contenders share. */
export const label = (row) => (row * 7) % 10;

/** The character at a place of a row of text, in a language that can be learned: any rule that all contenders share. */
export const character = (row, place, vocabulary) => (row * 11 + place * (place + row)) % vocabulary;

/** The characters of a batch of texts, [batch, context], and those that follow each, row by row. */
export function texts({ batch, context, vocabulary }) {
  const read = (offset) =>
    Int32Array.from({ length: batch * context }, (_, i) =>
      character(Math.floor(i / context), (i % context) + offset, vocabulary),
    );
  return { tokens: read(0), labels: read(1) };
}
