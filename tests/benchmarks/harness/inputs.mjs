// The inputs of contenders. Ours are drawn where they are used; files contain the same numbers for others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { draw, numbers } from './draw.mjs';

const folder = mkdtempSync(join(tmpdir(), 'normtape-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const written = new Map();

/** The task, with a file for each of its inputs. */
export function filed(task) {
  const withFile = (spec) => {
    const key = JSON.stringify(spec);
    if (!written.has(key)) {
      const path = join(folder, `${written.size}.float32`);
      writeFileSync(path, numbers(draw(spec)));
      written.set(key, path);
    }
    return { ...spec, path: written.get(key) };
  };
  const inputs = Object.entries(task.inputs).map(([name, spec]) => [name, withFile(spec)]);
  return { ...task, inputs: Object.fromEntries(inputs) };
}

/** Removes the files, which are large for the largest shapes. */
export function clear() {
  for (const path of written.values()) rmSync(path, { force: true });
  written.clear();
}
