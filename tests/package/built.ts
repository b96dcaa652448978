import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));

/** For `before`: skips tests of a file that is not built, or older than the sources. */
export const whereBuilt = (file: string) =>
  function (this: Mocha.Context): void {
    const reason = existsSync(file) ? isOld(file) && `${file} is older than the sources` : `no ${file}`;
    if (!reason) return;
    console.log(`    skipped: ${reason}; npm run build makes it`);
    this.skip();
  };

function isOld(file: string): boolean {
  const { mtimeMs } = statSync(file);
  return [...filesIn('src'), ...filesIn('scripts')].some((path) => statSync(path).mtimeMs > mtimeMs);
}
