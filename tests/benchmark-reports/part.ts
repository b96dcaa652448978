/** A module of the benchmark, which is JavaScript without declarations, as `T`. */
export async function part<T>(path: string): Promise<T> {
  return (await import(new URL(`../benchmarks/${path}`, import.meta.url).href)) as T;
}

/** The times of a contender in nanoseconds. */
export interface Time {
  readonly median: number;
  readonly spread: number;
}

export interface Task {
  readonly kind: string;
  readonly title: string;
  readonly pass?: string;
  readonly batch?: number;
  readonly elements?: number;
  readonly operations?: number;
  readonly inputs?: Readonly<Record<string, { readonly shape: readonly number[] }>>;
}

export interface Timed extends Task {
  readonly times: Readonly<Record<string, Time>>;
}

export interface Group<T extends Task = Timed> {
  readonly name: string;
  readonly tasks: readonly T[];
}

/** A task that took these nanoseconds in each contender. */
export const timed = (task: Task, medians: Readonly<Record<string, number>>, spread = 0): Timed => ({
  ...task,
  times: Object.fromEntries(Object.entries(medians).map(([name, median]) => [name, { median, spread }])),
});

/** The cells of a Markdown table by its first column and its head. */
export function cells(markdown: string): Record<string, Record<string, string>> {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const [head, , ...body] = rows as [string[], string[], ...string[][]];
  return Object.fromEntries(
    body.map(([first, ...rest]) => [
      first!,
      Object.fromEntries(rest.map((cell, i) => [head[i + 1]!, cell] as const)),
    ]),
  );
}
