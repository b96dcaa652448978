import { readFileSync } from 'node:fs';

// From src/cli and from dist/cli alike, the manifest lies two folders up.
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The version of this package. */
export const { version } = manifest;
