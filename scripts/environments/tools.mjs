// The runtimes, compilers, bundlers and the browser, where they are installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FOLDER } from './program.mjs';

/** Why an environment cannot be tried on this machine. */
export class NotInstalled extends Error {}

const at = (path) => resolve(FOLDER, 'node_modules', path);

/** The first of these files that there is. */
function fileAmong(paths) {
  const found = paths.find((path) => existsSync(path));
  if (!found) throw new NotInstalled(`not in ${FOLDER}/node_modules`);
  return found;
}

/** The binaries of runtimes, which their packages hold for each platform. */
const binaries = (name) => {
  const { platform, arch } = process;
  const ending = platform === 'win32' ? '.exe' : '';
  if (name === 'deno') {
    const libc = platform === 'linux' ? '-glibc' : '';
    return [at(`@deno/${platform}-${arch}${libc}/deno${ending}`)];
  }
  if (name === 'bun') {
    const own = arch === 'arm64' ? 'aarch64' : arch;
    return [at(`@oven/bun-${platform}-${own}/bin/bun${ending}`), at('bun/bin/bun.exe')];
  }
  return [at(`${name}/bin/node`)];
};

/** A runtime: its binary, and its version. */
export function runtime(name) {
  const binary = fileAmong(binaries(name));
  const { stdout, status, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new NotInstalled(error?.message ?? 'its binary does not start');
  return { binary, version: /\d+\.\d+\.\d+/.exec(stdout)[0] };
}

/** A package: its folder, and its version. */
export function installed(name) {
  const { version } = JSON.parse(readFileSync(fileAmong([at(`${name}/package.json`)]), 'utf8'));
  return { folder: at(name), version };
}

/** The exports of an installed package. */
export async function imported(name) {
  const { version } = installed(name);
  const { resolve: found } = createRequire(resolve(FOLDER, 'package.json'));
  return { version, exports: await import(pathToFileURL(entryOf(name, found)).href) };
}

/** Some packages have no entry for `require`. */
function entryOf(name, found) {
  try {
    return found(name);
  } catch {
    const { exports, module, main } = JSON.parse(readFileSync(at(`${name}/package.json`), 'utf8'));
    return at(`${name}/${exports?.['.']?.import ?? exports?.['.'] ?? module ?? main}`);
  }
}

let browser;

/** A browser that is started once, if there is one. */
export async function chromium() {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath))
    throw new NotInstalled(`no Chromium at ${executablePath}; CHROMIUM can name another`);
  const { chromium } = await import('playwright-core');
  browser ??= await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  return { executablePath, browser, version: browser.version(), chromium };
}

export const closeBrowser = () => browser?.close();
