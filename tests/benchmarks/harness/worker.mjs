// The driver side of a contender: its own process, which waits while others are measured.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One thread for every contender. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

/** Starts a contender; undefined, after a message with the reason, if it does not answer. */
export async function start({ name, command, args, env, kinds }, tell) {
  const child = spawn(command, args, { env: { ...process.env, ...ONE_THREAD, ...env } });
  const waiting = [];
  let complaint = '';
  let gone = false;
  const end = (reason) => {
    gone = true;
    for (const answer of waiting.splice(0)) answer({ error: `${reason} ${complaint.slice(-600)}` });
  };
  child.on('error', ({ message }) => end(message));
  child.on('exit', () => end('ended.'));
  child.stdin.on('error', () => {});
  child.stderr.on('data', (text) => (complaint += text));
  // Libraries may print anything; answers begin with @.
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('@')) waiting.shift()(JSON.parse(line.slice(1)));
  });
  const ask = (request) =>
    new Promise((answer) => {
      if (gone) answer({ error: `ended. ${complaint.slice(-600)}` });
      else {
        waiting.push(answer);
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }
    });
  const stop = () => child.kill();
  const { versions, error } = await ask({ do: 'hello' });
  if (!error) return { name, kinds, versions, ask, stop };
  tell(`${name} is left out: ${error.trim().split('\n').slice(-3).join(' | ')}`);
  stop();
  return undefined;
}
