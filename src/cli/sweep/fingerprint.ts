import { createHash } from 'node:crypto';
import { flat } from '../../array/index.js';
import type { Dataset, Split } from '../../data/index.js';

/** A hash of all samples and labels. */
export function fingerprint({ train, test }: Split): string {
  const hash = createHash('sha256');
  for (const { features, labels, classes } of [train, test] satisfies Dataset[]) {
    hash.update(JSON.stringify([features.shape, classes]));
    for (const { buffer, byteOffset, byteLength } of [Float64Array.from(flat(features.value)), labels]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest('hex');
}
