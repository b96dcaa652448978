import { type Patch, all } from '../patch.js';

// Who answers for the memory of an array, and until when. These run with compiled kernels: the others need no memory
// of their own, so that none of it comes back.

const SCOPE = all('tests/autograd/scope.test.ts');
const MEMORY = all('tests/array/memory.test.ts');
const TAPE = all('tests/autograd/tape.test.ts');
const LAWS = all('tests/autograd/laws.test.ts');
const about = (titles: string) => [{ ...SCOPE, only: titles }];

const change = (file: string) => (find: string, replace: string) => ({ file, find, replace });
const scope = change('src/autograd/scope.ts');
const tape = change('src/autograd/tape.ts');
const vjp = change('src/autograd/vjp.ts');
const sweep = change('src/autograd/gradients.ts');
const store = change('src/array/memory/store.ts');
const ledger = change('src/array/memory/ledger.ts');
const arena = change('src/kernels/wasm/arena.ts');
const optimizer = change('src/optim/optimizer.ts');

const patch =
  (number: number) =>
  (name: string, edits: Patch['edits'], red: Patch['red']): Patch => ({
    name,
    stands: [number],
    edits,
    red,
    kernels: 'wasm',
  });

const ofScope = patch(57);
const END = 'if (isTaped()) ledger.leave();\n    else ledger.end();';

export const scopes: readonly Patch[] = [
  ofScope(
    'a scope that ends nothing',
    [scope('else ledger.end();', 'else ledger.leave();')],
    about('^scope ends everything else'),
  ),
  ofScope(
    'a scope that ends what it returns',
    [scope('if (store?.owner === ledger) handOut(store);', '')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that ends what it returns in a map',
    [scope('    value instanceof Map ||\n', '')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that ends the gradients it returns',
    [scope(' ||\n    value instanceof Gradients', '')],
    about('^gradients leave a scope'),
  ),
  ofScope(
    'a scope that ends what a tape still needs',
    [scope(END, 'ledger.end();')],
    about('^scope changes no result'),
  ),
  ofScope(
    'a scope that ends nothing where f throws',
    [scope('  } finally {\n', '  } catch (error) {\n    ledger.leave();\n    throw error;\n  } finally {\n')],
    about('^scope ends it where f throws'),
  ),
  ofScope(
    'a result that no outer scope answers for',
    [
      ledger(
        'export function handOut(store: Store): void {\n  if (current) current.add(store);\n  else if',
        'export function handOut(store: Store): void {\n  if',
      ),
    ],
    about('^scope nests'),
  ),
  ofScope(
    'a kept tensor that ends',
    [scope('  kept(shown(arrayOf(tensor)));\n', '')],
    about('^scope lets a tensor be kept'),
  ),
  ofScope(
    'weights that end with the scope in which they were made',
    [{ file: 'src/autograd/parameter.ts', find: '    keep(arrayOf(this));\n', replace: '' }],
    about('^scope keeps weights'),
  ),
  ofScope(
    'weights that end with the scope in which a step replaced them',
    [
      {
        file: 'src/autograd/parameter.ts',
        find: 'replace(this, keep(value))',
        replace: 'replace(this, value)',
      },
    ],
    about('^scope keeps weights'),
  ),
  ofScope(
    'running statistics that end with a scope',
    [
      {
        file: 'src/nn/module.ts',
        find: 'set value(value: NdArray) {\n    this.#array = keep(value);',
        replace: 'set value(value: NdArray) {\n    this.#array = value;',
      },
    ],
    about('^scope keeps weights'),
  ),
  ofScope(
    'what an optimizer remembers ended with its step',
    [optimizer('      for (const array of memory.arrays) keep(array);\n', '')],
    [...about('^scope keeps weights'), all('tests/optim/optimizers.test.ts')],
  ),
];

const ofStep = patch(58);

/** Steps of a tape, and what they need for the way back. */
export const steps: readonly Patch[] = [
  ofStep(
    'what an entry made on the way ended before its pullback',
    [tape('if (!taped) release(ledger, values);', 'release(ledger, values);')],
    [all('tests/norms/layer.test.ts'), all('tests/ops/gradients.test.ts')],
  ),
  ofStep(
    'what an entry needs ended as it is reached',
    [
      sweep('      passed?.(entry);\n', ''),
      sweep('for (const entry of backwards) {', 'for (const entry of backwards) {\n      passed?.(entry);'),
    ],
    [SCOPE],
  ),
  ofStep(
    'what an entry needs ended though a second way back may come',
    [
      vjp(
        '  leave(entries, ledger);\n  const outputs',
        '  entries.forEach((entry) => entry.ledger.end());\n  const outputs',
      ),
    ],
    [SCOPE, TAPE, LAWS],
  ),
  ofStep(
    'what an outer tape needs ended with an inner one',
    [vjp('passed: alone ? serve : undefined', 'passed: serve')],
    about('^what a tape made stays for the outer tape where'),
  ),
  ofStep(
    'what is made on the way kept where no tape is open',
    [
      tape(
        '  ledger.end();\n}\n\n/** Runs f with a new tape',
        '  ledger.leave();\n}\n\n/** Runs f with a new tape',
      ),
    ],
    [MEMORY],
  ),
  ofStep(
    'what entries needed kept after the way back',
    [
      vjp(
        '    if (store?.owner === ledger) retire(store);\n  }\n  ledger.end();',
        '    if (store?.owner === ledger) retire(store);\n  }\n  ledger.leave();',
      ),
    ],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofStep(
    'the value of a differentiated function retired with its tape',
    [vjp('  if (alone && result?.owner) handOut(result);\n', '')],
    about('^what a tape made stays where it leaves'),
  ),
];

const ofSweep = patch(59);
const DROPS = '        sums.drop(incoming);\n        sums.drop(pulled);';

/** Gradients on the way. */
export const sweeps: readonly Patch[] = [
  ofSweep(
    'a gradient dropped once too often',
    [sweep(DROPS, `${DROPS}\n        sums.drop(pulled);`)],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient not counted where it is added',
    [sweep('    this.#count(next, 1);\n', '')],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient dropped before what looks at the same numbers is counted',
    [
      sweep(DROPS, '        sums.drop(pulled);'),
      sweep(
        'const pulled = sums.adopt(...pulledBy(entry, incoming, needs));',
        'const back = pulledBy(entry, incoming, needs); sums.drop(incoming); const pulled = sums.adopt(...back);',
      ),
    ],
    [SCOPE, LAWS],
  ),
  ofSweep(
    'gradients kept until the end of the sweep',
    [sweep(DROPS, '')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofSweep(
    'what a step back made on the way kept until the end of the sweep',
    [sweep('    step.end();\n    return own;', '    step.leave();\n    return own;')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofSweep(
    'a value of the way forward taken for a gradient',
    [sweep('? copy(gradient) : gradient;', '? gradient : gradient;')],
    about('^what a tape made is not taken for a gradient'),
  ),
];

const ofRetired = patch(60);
const ofSeed = patch(61);

/** What ends late, or belongs to somebody else. */
export const stores: readonly Patch[] = [
  ofRetired(
    'what has served ends at once',
    [ledger('if (store.bytes) retired.add(store);', 'if (store.bytes) store.end();')],
    about('^what a tape made can still be read'),
  ),
  ofRetired(
    'what has served never ends',
    [ledger('while (this.bytes > RETIRED && this.#first < this.stores.length) this.#endFirst();', '')],
    about('^what a tape made is read right or not at all'),
  ),
  ofRetired(
    'what has served forgotten in the count of what waits',
    [ledger('    this.bytes -= this.#sizes[this.#first]!;\n', '')],
    about('^what a tape made can still be read after it, too'),
  ),
  ofRetired(
    'what was handed on ends with its former ledger',
    [
      ledger(
        '  end(): void {\n    for (const store of this.stores) if (store.owner === this) store.end();',
        '  end(): void {\n    for (const store of this.stores) store.end();',
      ),
    ],
    [SCOPE, MEMORY],
  ),
  ofRetired(
    'what was seen ends',
    [store('if (this.seen) {', 'if (!this) {')],
    about('^scope leaves to the caller'),
  ),
  ofSeed(
    'a seed given away as a gradient',
    [sweep('? contiguous(sum) : copy(sum)', '? contiguous(sum) : contiguous(sum)')],
    about('^what a tape made leaves a seed'),
  ),
  ofSeed(
    'a seed counted as a gradient, and ended with the sweep',
    [
      sweep(
        'const next = sum ? add(sum, gradient) : gradient;',
        'const next = sum ? add(sum, gradient) : gradient;\n    if (storeOf(next)) this.ledger.add(storeOf(next)!);',
      ),
    ],
    about('^what a tape made hands a seed on'),
  ),
];

const ofArena = patch(62);

/** Pieces of one memory. */
export const arenas: readonly Patch[] = [
  ofArena(
    'a piece handed out twice',
    [arena('this.#waiting[sort]?.pop()', 'this.#waiting[sort]?.at(-1)')],
    [MEMORY, SCOPE],
  ),
  ofArena('a piece taken back twice', [store('    this.#block = undefined;\n', '')], [MEMORY]),
  ofArena(
    'pieces that overlap where sizes are rounded',
    [arena('this.#top += room;', 'this.#top += room - 16;')],
    [MEMORY],
  ),
  ofArena(
    'a piece opened that is too small',
    [arena('waiting[0]!.bytes >= room', 'waiting[0]!.bytes >= 16')],
    [MEMORY],
  ),
  ofArena('a piece opened that still waits', [arena('blocks.pop()!', 'blocks.at(-1)!')], [MEMORY]),
  ofArena(
    'sizes rounded down',
    [arena('Math.ceil(units / 2 ** octave)', 'Math.floor(units / 2 ** octave)')],
    [MEMORY],
  ),
  ofArena(
    'a piece read in the dtype that it was last read in',
    [arena('last?.length === length && last instanceof Float64Array === wide', 'last?.length === length')],
    [MEMORY],
  ),
  ofArena(
    'pieces of the memory that reach past its end',
    [arena('if (this.#top + room > this.#end &&', 'if (this.#top > this.#end &&')],
    [MEMORY],
  ),
];
