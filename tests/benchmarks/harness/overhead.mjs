// The overhead of Normtape with each set of kernels, each in a fresh process.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../peers/overhead.mjs', import.meta.url));

/** The overhead of each of our contenders that runs here, by its name. */
export function overheads(contenders, { quick }, tell) {
  return contenders.flatMap(({ name, command, args }) => {
    const flags = args.slice(
      0,
      args.findIndex((arg) => arg.endsWith('.mjs')),
    );
    const own = [...flags, SCRIPT, args.at(-1), ...(quick ? ['--quick'] : [])];
    const { status, stdout, stderr } = spawnSync(command, own, { encoding: 'utf8' });
    if (status === 0) return [{ name, ...JSON.parse(stdout) }];
    tell(`${name} is left out of the overhead: ${stderr.trim().split('\n').slice(-3).join(' | ')}`);
    return [];
  });
}
