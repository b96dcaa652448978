// The package, packed and installed into projects in temporary folders of their own.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** A folder in which the package is installed as a user would, from the file that npm would publish. */
export function packed({ built }) {
  const folder = mkdtempSync(join(tmpdir(), 'normtape-environments-'));
  try {
    const flags = built ? ['--ignore-scripts'] : ['--foreground-scripts'];
    execFileSync(npm, ['pack', '--loglevel=error', ...flags, '--pack-destination', folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [tarball] = readdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    // fast-check is the peer of normtape/verify.
    const args = [
      'install',
      '--loglevel=error',
      resolve(folder, tarball),
      'fast-check@4',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ];
    execFileSync(npm, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Runs f in a project that has the package and these files. The project is removed afterwards, and what was installed moves
 * back, to the next project.
 */
export async function inProject(template, files, f) {
  const folder = mkdtempSync(join(template, 'project-'));
  try {
    renameSync(join(template, 'node_modules'), join(folder, 'node_modules'));
    writeAll(folder, { 'package.json': '{ "private": true }', ...files });
    return await f(folder);
  } finally {
    renameSync(join(folder, 'node_modules'), join(template, 'node_modules'));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes files into a folder, by their paths there. */
export function writeAll(folder, files) {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
}

/** What a program prints. Throws its complaints if it fails. */
export function output(binary, args, cwd) {
  const { stdout, stderr, status, error } = spawnSync(binary, args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status === 0) return stdout;
  throw new Error(error?.message ?? `${stderr}\n${stdout}`.trim());
}

/** Installs the tools of the environments, unless they are there. */
export function installTools(folder) {
  if (existsSync(join(folder, 'node_modules'))) return;
  console.log(`npm ci in ${folder} brings runtimes, compilers and bundlers …`);
  const { status } = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) console.log('npm could not install them: what is missing is not tried.');
}
