import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What NoInfer does, for compilers before TypeScript 5.4. A file that exports nothing by name would export it too. */
const NO_INFER = '\nexport {};\ntype NoInfer<T> = [T][T extends unknown ? 0 : never];\n';

/**
 * Rewrites what compilers from TypeScript 5.0 on do not read in declarations. Before 5.7, these are typed arrays with the
 * kind of their buffer: a copy by `slice` has an ArrayBuffer of its own in any version. Before 5.4, NoInfer.
 */
export function writeForOlderCompilers(folder) {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.d.ts')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    const older = text
      .replaceAll(/\b(\w+Array)<ArrayBufferLike>/g, '$1')
      .replaceAll(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1['slice']>");
    const complete = older.includes('NoInfer<') ? older + NO_INFER : older;
    if (complete !== text) writeFileSync(join(folder, path), complete);
  }
}
