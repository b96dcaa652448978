// Which declarations an entry of the package leads to. The others describe modules that nobody outside can import.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import typescript from 'typescript';

/** The files of declarations that package.json names. */
function entriesIn(exports) {
  if (typeof exports === 'string') return exports.endsWith('.d.ts') ? [normalize(exports)] : [];
  return Object.values(exports).flatMap(entriesIn);
}

/** Removes every declaration below a folder that no entry leads to. */
export function keepReachedTypes(folder) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const reached = new Set();
  const waiting = entriesIn(exports).filter((path) => !path.startsWith(join(folder, 'cjs')));
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { fileName } of typescript.preProcessFile(readFileSync(path, 'utf8')).importedFiles)
      if (fileName.startsWith('.')) waiting.push(join(dirname(path), fileName.replace(/\.js$/, '.d.ts')));
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  }
}
