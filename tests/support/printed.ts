import { format } from 'node:util';

/** The lines that a run prints with console.log. */
export async function printed(run: () => Promise<unknown>): Promise<readonly string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => void lines.push(...format(...values).split('\n'));
  try {
    await run();
  } finally {
    console.log = log;
  }
  return lines;
}
