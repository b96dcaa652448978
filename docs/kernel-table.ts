import { readFileSync, readdirSync } from 'node:fs';
import * as general from '../src/kernels/js/general.js';
import * as js from '../src/kernels/js/index.js';
import * as wasm from '../src/kernels/wasm/index.js';

/** A kernel as its sources have it. */
export interface KernelRow {
  readonly name: keyof typeof wasm;
  /** The sentence above it in the interface `Kernels`. */
  readonly computes: string;
  readonly unrolled: boolean;
  readonly compiled: boolean;
  /** The calls for which the compiled kernel declines; undefined if there are none. */
  readonly declines: string | undefined;
}

const MEMBER = /\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}(?:readonly )?(\w+)[(:]/g;
const COMPILED = 'src/kernels/wasm';

/** Every kernel, in the order of the interface. */
export function kernelRows(): readonly KernelRow[] {
  const members = readFileSync('src/kernels/kernels.ts', 'utf8').matchAll(MEMBER);
  const compiled = readdirSync(COMPILED)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`${COMPILED}/${file}`, 'utf8'))
    .join('\n');
  return [...members].map(([, computes, name]) => {
    const kernel = name as keyof typeof wasm;
    return {
      name: kernel,
      computes: plain(computes!),
      unrolled: js[kernel] !== general[kernel],
      compiled: wasm[kernel] !== js[kernel],
      declines: declinesOf(compiled, kernel),
    };
  });
}

/** The calls that a compiled kernel declines for, by the comment above it or above the function that makes it. */
function declinesOf(sources: string, name: string): string | undefined {
  const [, maker = name] = new RegExp(`export const ${name} = (\\w+)\\(`).exec(sources) ?? [];
  const above = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\n(?:export )?(?:const|function) ${maker}\\b`);
  const [, comment = ''] = above.exec(sources) ?? [];
  return /Declines (.*?)\.(?: |$)/.exec(plain(comment))?.[1];
}

/** The text of a comment in one line. */
const plain = (comment: string): string =>
  comment
    .replace(/^ *\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
