import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import type { Signal } from './interruption.js';
import type { Message, Task } from './messages.js';
import { run } from './program.js';

// The thread in which a command runs. It writes to the terminal, and receives signals, through the thread that started
// it.

const port = parentPort!;
const { args, width, isWatched, interrupted } = workerData as Task;
const say = (message: Message): void => port.postMessage(message);

const interruption = new AbortController();
if (interrupted) interruption.abort(interrupted);
port.on('message', (signal: Signal) => interruption.abort(signal));

const ended = await run(args, {
  print: (text) => say({ print: [text].flat().join('\n') }),
  tell: (text) => say({ tell: [text].flat().join('\n') }),
  width,
  screen: isWatched ? screen() : undefined,
  interrupted: interruption.signal,
  supervisor: {
    saveBy: (saveBy) => say({ saveBy }),
    locked: (locked) => say({ locked }),
    acknowledge: () => say({ acknowledged: true }),
  },
});
say({ ended });

/** A stream for the progress bar, which sends its output to the main thread. */
function screen(): Writable {
  const stream = new Writable({
    write(chunk, _, done) {
      say({ draw: String(chunk) });
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: width });
}
