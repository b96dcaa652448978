import { format } from 'node:util';

/** What a run prints with console.log, line by line. */
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
