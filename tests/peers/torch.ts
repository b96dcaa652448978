import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Case, Input } from './cases.js';

interface Wire {
  readonly shape: readonly number[];
  readonly data: string;
}

const encoded = ({ shape, data }: Input): Wire => ({
  shape,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
});

const decoded = ({ shape, data }: Wire): Input => ({
  shape,
  data: new Float64Array(new Uint8Array(Buffer.from(data, 'base64')).buffer),
});

/** A process with PyTorch, which answers one case after the other. */
export interface Torch {
  readonly version: string;
  answer(asked: Case): Promise<readonly Input[]>;
  end(): void;
}

/** Starts PyTorch; returns the reason if that fails. */
export async function startTorch(
  python = process.env['PYTHON'] ?? '/usr/bin/python3',
): Promise<Torch | string> {
  const worker = fileURLToPath(new URL('./worker.py', import.meta.url));
  const child = spawn(python, [worker], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const failed = new Promise<undefined>((resolve) => {
    child.on('error', (error) => ((complaint += error.message), resolve(undefined)));
    child.on('exit', () => resolve(undefined));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => {
    const found = await Promise.race([lines.next(), failed]);
    return found && !found.done ? found.value : undefined;
  };
  const hello = await next();
  if (hello === undefined) return complaint.trim().split('\n').at(-1) ?? 'no answer';
  return {
    version: (JSON.parse(hello) as { version: string }).version,
    async answer({ inputs, seed, ...rest }) {
      const sent = { ...rest, inputs: inputs.map(encoded), seed: seed && encoded(seed) };
      child.stdin.write(`${JSON.stringify(sent)}\n`);
      const line = await next();
      if (line === undefined) throw new Error(`PyTorch ended: ${complaint}`);
      const said = JSON.parse(line) as { arrays?: readonly Wire[]; error?: string };
      if (!said.arrays) throw new Error(`PyTorch refused ${JSON.stringify({ ...rest })}: ${said.error}`);
      return said.arrays.map(decoded);
    },
    end: () => void child.stdin.end(),
  };
}
