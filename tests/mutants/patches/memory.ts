import { type Patch, all, change } from '../patch.js';

// Who answers for the memory of an array, and until when. These run with compiled kernels: the others need no memory
// of their own, so that none of it comes back.

const SCOPE = all('tests/autograd/scope.test.ts');
const MEMORY = all('tests/array/memory.test.ts');
const TAPE = all('tests/autograd/tape.test.ts');
const LAWS = all('tests/autograd/laws.test.ts');
const about = (titles: string) => [{ ...SCOPE, only: titles }];

const scope = change('src/autograd/scope.ts');
const tape = change('src/autograd');
const vjp = change('src/autograd');
const sweep = change('src/autograd');
const store = change('src/array');
const ledger = change('src/array');
const arena = change('src/kernels');
const optimizer = change('src/optim');

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
const END = 'if (isTaped()) ledger.leave(); else ledger.end()';

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
    [scope('|| isCollection(value)', '')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that ends the gradients it returns',
    [scope('|| value instanceof Gradients', '')],
    about('^gradients leave a scope'),
  ),
  ofScope(
    'a scope that ends what a tape still needs',
    [scope(END, 'ledger.end()')],
    about('^scope changes no result'),
  ),
  ofScope(
    'a scope that ends nothing where f throws',
    [scope('} finally {', '} catch (error) { ledger.leave(); throw error; } finally {')],
    about('^scope ends it where f throws'),
  ),
  ofScope(
    'a result that no outer scope answers for',
    [
      ledger(
        'handOut(store: Store): void { if (current) current.add(store); else settle(store)',
        'handOut(store: Store): void { settle(store)',
      ),
    ],
    about('^scope nests'),
  ),
  ofScope(
    'a kept tensor that ends',
    [scope('kept(shown(arrayOf(tensor)));', '')],
    about('^scope lets a tensor be kept'),
  ),
  ofScope(
    'weights that end with the scope in which they were made',
    [change('src/autograd')('keep(arrayOf(this))', '')],
    about('^scope keeps weights'),
  ),
  ofScope(
    'weights that end with the scope in which a step replaced them',
    [change('src/autograd')("keep(owned('Parameter.value', value))", "owned('Parameter.value', value)")],
    about('^scope keeps weights'),
  ),
  ofScope(
    'running statistics that end with a scope',
    [change('src/nn')("keepBriefly(owned('Statistic.value', value))", "owned('Statistic.value', value)")],
    about('^scope keeps weights'),
  ),
  ofScope(
    'what an optimizer remembers ended with its step',
    [optimizer('for (const array of memory.arrays) keep(array)', '')],
    [...about('^scope keeps weights'), all('tests/optim/optimizers.test.ts')],
  ),
];

const ofStep = patch(58);

/** Steps of a tape, and what they need for the way back. */
export const steps: readonly Patch[] = [
  ofStep(
    'what an entry made on the way ended before its pullback',
    [
      tape('if (!isTaped()) release(ledger, from, [made.value]);', 'release(ledger, from, [made.value]);'),
      tape('if (!isTaped()) release(ledger, from, values);', 'release(ledger, from, values);'),
    ],
    [all('tests/norms/layer.test.ts'), all('tests/ops/gradients.test.ts')],
  ),
  ofStep(
    'what an entry needs ended as it is reached',
    [
      sweep('passed?.(entry)', ''),
      sweep('if (passed) entries.pop();', 'if (passed) entries.pop();\n      passed?.(entry);'),
    ],
    [SCOPE],
  ),
  ofStep(
    'what an entry needs ended though a second way back may come',
    [vjp('ledger.leave(); return {', 'ledger.end(); return {')],
    [SCOPE, TAPE, LAWS],
  ),
  ofStep(
    'what an outer tape needs ended with an inner one',
    [vjp('passed: alone ? serve : undefined', 'passed: serve')],
    about('^what a tape made stays for the outer tape where'),
  ),
  ofStep(
    'what is made on the way kept where no tape is open',
    [change('src/autograd/tape.ts')('ledger.endIdle(from)', '')],
    [MEMORY],
  ),
  ofStep(
    'what entries needed kept after the way back',
    [ledger('retire(store); else store.end()', 'retire(store); else store.watch()')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofStep(
    'what a scope handed on looked for where it lay in the scope',
    [ledger('.pass(from + this.#shift, to + this.#shift, shown)', '.pass(from, to, shown)')],
    [SCOPE],
  ),
  ofStep(
    'what a step returns ended with what it made on the way',
    [ledger('if (store.uses > 0) stores[kept++] = store;', 'if (!store) stores[kept++] = store;')],
    [SCOPE, TAPE],
  ),
  ofStep(
    'numbers of an earlier sweep taken for those of this one',
    [tape('(tensor.#sweep === sweep ? tensor.#place : -1)', '(sweep && tensor.#sweep ? tensor.#place : -1)')],
    [TAPE, LAWS],
  ),
  ofStep(
    'the value of a differentiated function retired with its tape',
    [vjp('if (alone && result?.owner) handOut(result)', '')],
    about('^what a tape made stays where it leaves'),
  ),
];

const ofSweep = patch(59);
const DROPS = 'sums.drop(pulled); } sums.drop(incoming)';

/** Gradients on the way. */
export const sweeps: readonly Patch[] = [
  ofSweep(
    'a gradient dropped once too often',
    [sweep(DROPS, `${DROPS}; sums.drop(incoming)`)],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient not counted where it is added',
    [sweep('= this.#held(sum ? add(sum, gradient) : gradient);', '= sum ? add(sum, gradient) : gradient;')],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient dropped before what looks at the same numbers is counted',
    [
      sweep(DROPS, 'sums.drop(pulled); }'),
      sweep(
        'const own = Array<NdArray | undefined>(pulled.length);',
        'this.drop(incoming);\n    const own = Array<NdArray | undefined>(pulled.length);',
      ),
    ],
    [SCOPE, LAWS],
  ),
  ofSweep(
    'a gradient added up in the place of one that was pulled back',
    [sweep('if (sum && this.#made[place] && addInto', 'if (sum && addInto')],
    [LAWS],
  ),
  ofSweep(
    'gradients kept until the end of the sweep',
    [sweep(DROPS, '}')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofSweep(
    'what a step back made on the way kept until the end of the sweep',
    [sweep('this.ledger.endIdle(from)', '')],
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
    [
      ledger('while (this.#bytes > RETIRED && this.#first < this.#stores.length) this.#endFirst();', ''),
      ledger('while (this.#first < this.#last) this.#endFirst();', ''),
    ],
    about('^what a tape made is read right or not at all'),
  ),
  ofRetired(
    'what has served waits until memory is short',
    [ledger('while (this.#first < this.#last) this.#endFirst();', '')],
    about('^what a tape made ends when the step after the next one begins'),
  ),
  ofRetired(
    'what has served ends with the next step',
    [
      ledger(
        'while (this.#first < this.#last) this.#endFirst();',
        'while (this.#first < this.#stores.length) this.#endFirst();',
      ),
    ],
    about('^what a tape made (can still be read after the step|ends when)'),
  ),
  ofRetired(
    'what has served forgotten in the count of what waits',
    [ledger('this.#bytes -= this.#sizes[this.#first]!', '')],
    about('^what a tape made can still be read after it, too'),
  ),
  ofRetired(
    'what was handed on ends with its former ledger',
    [
      ledger(
        'store = this.#stores.pop()!; if (store.owner === this) store.end()',
        'store = this.#stores.pop()!; store.end()',
      ),
    ],
    [SCOPE],
  ),
  ofRetired(
    'what was handed on ends with the step that made it',
    [ledger('store = stores[i]!; if (store.owner !== this) continue', 'store = stores[i]!')],
    [MEMORY],
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
        'sum = this.#sums[place]; if (sum',
        'sum = this.#sums[place]; if (storeOf(gradient)) this.ledger.add(storeOf(gradient)!); if (sum',
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
  ofArena('a piece taken back twice', [store('this.#block = undefined', '')], [MEMORY]),
  ofArena(
    'pieces that overlap where sizes are rounded',
    [arena('this.#top += room;', 'this.#top += room - 16;')],
    [MEMORY],
  ),
  ofArena(
    'a piece opened that is too small',
    [arena('roomFor(blocks[0]!.bytes) >= room', 'roomFor(blocks[0]!.bytes) >= 16')],
    [MEMORY],
  ),
  ofArena('a piece opened that still waits', [arena('>= room)?.pop();', '>= room)?.at(-1);')], [MEMORY]),
  ofArena(
    'free blocks joined without the room between them',
    [arena('to: address + roomFor(bytes)', 'to: address + bytes')],
    [MEMORY],
  ),
  ofArena('gaps joined that do not touch', [arena('last?.to === from', 'last')], [MEMORY]),
  ofArena('a gap set aside that is still cut from', [arena('this.#top = this.#end', '')], [MEMORY]),
  ofArena('sizes rounded down', [arena('((units - 1) >> octave)', '(units >> octave) - 1')], [MEMORY]),
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
