import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Rewrites what compilers from TypeScript 5.4 on do not read in declarations: before 5.7, typed arrays with the kind of
 * their buffer. A copy by `slice` has an ArrayBuffer of its own in any version.
 */
export function writeForOlderCompilers(folder) {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.d.ts')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    const older = text
      .replaceAll(/\b(\w+Array)<ArrayBufferLike>/g, '$1')
      .replaceAll(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1['slice']>");
    if (older !== text) writeFileSync(join(folder, path), older);
  }
}
