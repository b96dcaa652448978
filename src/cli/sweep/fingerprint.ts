import { createHash } from 'node:crypto';
import { flat } from '../../array/index.js';
import { type AnyDataset, type Split, isRegression } from '../../data/index.js';

/** The hash function takes less than 2 GB at once. */
const PIECE = 1 << 30;

/** A hash of all samples and labels. */
export function fingerprint({ train, test }: Split<AnyDataset>): string {
  const hash = createHash('sha256');
  for (const data of [train, test]) {
    const { features } = data;
    const classes = isRegression(data) ? undefined : data.classes;
    const labels = isRegression(data) ? Float64Array.from(flat(data.targets.value)) : data.labels;
    hash.update(JSON.stringify([features.shape, classes]));
    for (const { buffer, byteOffset, byteLength } of [flat(features.value), labels]) {
      for (let at = 0; at < byteLength; at += PIECE) {
        hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(PIECE, byteLength - at)));
      }
    }
  }
  return hash.digest('hex');
}
