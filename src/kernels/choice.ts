import { NormtapeError } from '../error.js';
import type { Arena } from './wasm/arena.js';
import { type Engine, compile } from './wasm/engine.js';

/** The sets of kernels: JavaScript everywhere, WebAssembly where it runs, with relaxed multiply-adds where those do. */
export type KernelSet = 'js' | 'wasm' | 'wasm-relaxed';

/** Which kernels run, and which could. */
export interface KernelInfo {
  readonly kernels: KernelSet;
  readonly available: readonly KernelSet[];
}

const BUILDS = { wasm: 'plain', 'wasm-relaxed': 'relaxed' } as const;

/** In the order in which they are preferred. */
const SETS: readonly KernelSet[] = ['wasm-relaxed', 'wasm', 'js'];

const compiled = new Map<KernelSet, Engine | undefined>();
let chosen: KernelSet | undefined;
/** Those of the chosen set; null before the first choice. */
let running: Engine | undefined | null = null;

/**
 * Chooses the kernels that all arrays are computed with from now on: 'auto' is the fastest set that runs here. Sets
 * agree up to rounding; of one set, the same program has the same bits, and 'wasm' has them on every machine.
 * Throws where the set does not run here.
 */
export function setKernels(set: KernelSet | 'auto'): void {
  const { available } = kernelInfo();
  if (set !== 'auto' && !available.includes(set)) {
    const expected = `auto or one of ${available.join(', ')}, which run here`;
    throw new NormtapeError({ where: 'setKernels', expected, received: set });
  }
  choose(set === 'auto' ? available[0]! : set);
}

/** Which kernels run, and which could, the fastest first. */
export function kernelInfo(): KernelInfo {
  const available = SETS.filter(runsHere);
  return { kernels: chosen ?? choose(available[0]!), available };
}

const runsHere = (set: KernelSet): boolean => set === 'js' || engineOf(set) !== undefined;

function choose(set: KernelSet): KernelSet {
  running = set === 'js' ? undefined : engineOf(set);
  return (chosen = set);
}

/** The compiled kernels that are chosen; undefined for JavaScript's. They are compiled by the first call. */
export function engine(): Engine | undefined {
  // Those that are preferred less are not compiled.
  if (running === null) choose(SETS.find(runsHere)!);
  return running ?? undefined;
}

function engineOf(set: Exclude<KernelSet, 'js'>): Engine | undefined {
  if (!compiled.has(set)) compiled.set(set, compile(BUILDS[set]));
  return compiled.get(set);
}

/** The memory that new arrays lie in; undefined where JavaScript's kernels run, which work anywhere. */
export const arena = (): Arena | undefined => engine()?.arena;
