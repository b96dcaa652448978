import { NormtapeError } from '../error.js';
import type { Arena } from './wasm/arena.js';
import { type Builds, type Engine, compile, countShortages } from './wasm/engine.js';

/** The sets of kernels: in JavaScript, in WebAssembly, and in WebAssembly with relaxed multiply-adds. */
export type KernelSet = 'js' | 'wasm' | 'wasm-relaxed';

/** The set of kernels that runs, and the sets that could. */
export interface KernelInfo {
  readonly kernels: KernelSet;
  readonly available: readonly KernelSet[];
  /** Why no compiled kernels are available, if none are. */
  readonly reason?: string | undefined;
  /**
   * How often a kernel in JavaScript ran instead of a compiled one, because the host had no memory for copies: its
   * last bits differ. Left out if it never happened.
   */
  readonly shortages?: number | undefined;
}

const BUILDS = { wasm: 'plain', 'wasm-relaxed': 'relaxed' } as const;

/** The preferred set first. */
const SETS: readonly KernelSet[] = ['wasm-relaxed', 'wasm', 'js'];

const compiled = new Map<KernelSet, Engine | string>();
let chosen: KernelSet | undefined;
/** The engine of the chosen set; undefined for JavaScript, null before the first choice. */
let running: Engine | undefined | null = null;
let warned = false;
/** The builds that entries of the package have brought. */
let builds: Builds = {};
let isAutomatic = true;

/** Makes compiled kernels available, and chooses anew unless the program has chosen. */
export function bring(brought: Builds): void {
  builds = { ...builds, ...brought };
  for (const [set, found] of compiled) if (typeof found === 'string') compiled.delete(set);
  if (!isAutomatic) return;
  chosen = undefined;
  running = null;
}

/**
 * Chooses the kernels for all arrays from now on: 'auto' is the fastest set that runs here. Sets agree up to
 * rounding. With one set the same program gives the same bits, and with 'wasm' on every machine.
 * @throws NormtapeError if the set does not run here.
 */
export function setKernels(set: KernelSet | 'auto'): void {
  if (set === 'auto') {
    isAutomatic = true;
    return void chooseFastest();
  }
  const available = SETS.filter(runsHere);
  if (!available.includes(set)) {
    const expected = `auto or one of ${available.join(', ')}, which run here`;
    const reason = SETS.includes(set) ? whyNot(set) : undefined;
    const hint = reason && `${capitalized(reason)}.`;
    throw new NormtapeError({ where: 'setKernels', expected, received: set, hint });
  }
  choose(set);
  isAutomatic = false;
}

/** Returns which kernels run, which could, the fastest first, and why none is compiled if none is. */
export function kernelInfo(): KernelInfo {
  const available = SETS.filter(runsHere);
  const reason = available.length === 1 ? whyNot('wasm') : undefined;
  const shortages = countShortages();
  return {
    kernels: chosen ?? chooseFastest(),
    available,
    ...(reason !== undefined && { reason }),
    ...(shortages > 0 && { shortages }),
  };
}

const runsHere = (set: KernelSet): boolean => whyNot(set) === undefined;

/** The reason why a set does not run here; undefined if it does. */
function whyNot(set: KernelSet): string | undefined {
  const engine = set === 'js' ? undefined : engineOf(set);
  return typeof engine === 'string' ? engine : undefined;
}

/**
 * Chooses the fastest set that runs here, and warns once on the console if compiled kernels were imported, but those in
 * JavaScript run, which are slower.
 */
function chooseFastest(): KernelSet {
  // Sets that are preferred less are not compiled.
  const set = choose(SETS.find(runsHere)!);
  if (set === 'js' && !warned && builds.plain !== undefined) {
    warned = true;
    const hint = "setKernels('js') chooses them without this warning";
    const { console: out } = globalThis as { readonly console?: { warn(message: string): void } };
    out?.warn(`normtape: the kernels in JavaScript run, which are slower: ${whyNot('wasm')}. ${hint}.`);
  }
  return set;
}

function choose(set: KernelSet): KernelSet {
  const engine = set === 'js' ? undefined : engineOf(set);
  running = typeof engine === 'string' ? undefined : engine;
  return (chosen = set);
}

/** The chosen compiled kernels, or undefined for JavaScript's. The first call compiles them. */
export function engine(): Engine | undefined {
  if (running === null) chooseFastest();
  return running ?? undefined;
}

function engineOf(set: Exclude<KernelSet, 'js'>): Engine | string {
  const known = compiled.get(set) ?? compile(BUILDS[set], builds);
  compiled.set(set, known);
  return known;
}

const capitalized = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** The memory for new arrays; undefined for JavaScript's kernels, which need none. */
export const arena = (): Arena | undefined => engine()?.arena;
