import { type Patch, all, change } from '../patch.js';

// Who owns the memory of an array, and until when. These run with compiled kernels: the others allocate typed arrays,
// which the garbage collector frees.

const SCOPE = all('tests/autograd/scope.test.ts');
const MEMORY = all('tests/array/memory.test.ts');
const TAPE = all('tests/autograd/tape.test.ts');
const LAWS = all('tests/autograd/laws.test.ts');
const about = (titles: string) => [{ ...SCOPE, only: titles }];

const scope = change('src/autograd/scope.ts');
const tape = change('src/autograd');
const vjp = change('src/autograd');
const sweep = change('src/autograd');
const memory = change('src/array');
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
const END = 'if (isTaped()) region.transferToOuter(); else region.free()';

export const scopes: readonly Patch[] = [
  ofScope(
    'a scope that frees nothing',
    [scope('else region.free();', 'else region.transferToOuter();')],
    about('^scope ends everything else'),
  ),
  ofScope(
    'a scope that frees the tensors it returns',
    [
      scope(
        'if (value instanceof Tensor) escape(arrayOf(value), region);',
        'if (value instanceof Tensor) return;',
      ),
    ],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that frees the tensors it returns in a map',
    [scope('|| isCollection(value)', '')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that frees the gradients it returns',
    [scope('|| value instanceof Gradients', '')],
    about('^gradients leave a scope'),
  ),
  ofScope(
    'a scope that frees the arrays that a tape still needs',
    [scope(END, 'region.free()')],
    about('^scope changes no result'),
  ),
  ofScope(
    'a scope that frees nothing if f throws',
    [scope('} finally {', '} catch (error) { region.transferToOuter(); throw error; } finally {')],
    about('^scope ends it where f throws'),
  ),
  ofScope(
    'a result that no outer scope owns',
    [
      memory(
        'region.adopt(store); else outliveRegions(store)',
        'outliveRegions(store); else outliveRegions(store)',
      ),
    ],
    about('^scope nests'),
  ),
  ofScope(
    'a kept tensor that is freed',
    [scope('keepArray(expose(arrayOf(tensor)));', '')],
    about('^scope lets a tensor be kept'),
  ),
  ofScope(
    'weights freed with the scope in which they were made',
    [change('src/autograd')('keep(arrayOf(this))', '')],
    about('^scope keeps weights'),
  ),
  ofScope(
    'weights freed with the scope in which a step replaced them',
    [change('src/autograd')("keep(owned('Parameter.value', value))", "owned('Parameter.value', value)")],
    about('^scope keeps weights'),
  ),
  ofScope(
    'running statistics freed with a scope',
    [change('src/nn')("keepBriefly(owned('Statistic.value', value))", "owned('Statistic.value', value)")],
    about('^scope keeps weights'),
  ),
  ofScope(
    'the state of an optimizer freed with its step',
    [optimizer('for (const array of memory.arrays) keep(array)', '')],
    [...about('^scope keeps weights'), all('tests/optim/optimizers.test.ts')],
  ),
];

const ofStep = patch(58);

/** Entries of a tape, and the arrays that their pullbacks need. */
export const steps: readonly Patch[] = [
  ofStep(
    'temporaries of an entry freed before its pullback',
    [tape('if (!isTaped()) freeTemporaries(', 'freeTemporaries(')],
    [all('tests/norms/layer.test.ts'), all('tests/ops/gradients.test.ts')],
  ),
  ofStep(
    'the arrays of an entry freed before its pullback runs',
    [
      sweep('passed?.(entry)', ''),
      sweep('if (passed) entries.pop();', 'if (passed) entries.pop();\n      passed?.(entry);'),
    ],
    [SCOPE],
  ),
  ofStep(
    'the arrays of a tape freed though a second backward pass may come',
    [vjp('region.transferToOuter(); return {', 'region.free(); return {')],
    [SCOPE, TAPE, LAWS],
  ),
  ofStep(
    'the arrays of an outer tape freed with an inner one',
    [vjp('passed: alone ? retire : undefined', 'passed: retire')],
    about('^what a tape made stays for the outer tape where'),
  ),
  ofStep(
    'temporaries kept if no tape is open',
    [change('freeTemporaries')('region.freeUnreferenced(from)', '')],
    [MEMORY],
  ),
  ofStep(
    'temporaries of entries kept after the backward pass',
    [memory('retire(store); else store.free()', 'retire(store); else store.leaveToGC()')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofStep(
    'stores of a transferred region looked for at their old marks',
    [memory('.retireFrom(from + this.#shift, to + this.#shift, outputs)', '.retireFrom(from, to, outputs)')],
    [SCOPE],
  ),
  ofStep(
    'results of an op freed with its temporaries',
    [memory('if (store.refCount > 0) stores[kept++] = store;', 'if (!store) stores[kept++] = store;')],
    [SCOPE, TAPE],
  ),
  ofStep(
    'slots of an earlier backward pass taken for those of this one',
    [tape('(tensor.#sweep === sweep ? tensor.#slot : -1)', '(sweep && tensor.#sweep ? tensor.#slot : -1)')],
    [TAPE, LAWS],
  ),
  ofStep(
    'the value of a differentiated function retired with its tape',
    [vjp('if (alone) escape(arrayOf(value), region)', '')],
    about('^what a tape made stays where it leaves'),
  ),
];

const ofSweep = patch(59);

/** Gradients of a backward pass. */
export const sweeps: readonly Patch[] = [
  ofSweep(
    'a gradient released once too often',
    [sweep('sums.release(incoming)', 'sums.release(incoming); sums.release(incoming)')],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient not retained as it is accumulated',
    [
      sweep(
        '= this.#retained(sum ? add(sum, gradient) : gradient);',
        '= sum ? add(sum, gradient) : gradient;',
      ),
    ],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient released before one that shares its memory is retained',
    [
      sweep('sums.release(incoming)', ''),
      sweep(
        'pulled = sums.retain(demandEach(entry, pullThrough(entry, incoming, needs)), from)',
        'returned = demandEach(entry, pullThrough(entry, incoming, needs)); sums.release(incoming); const pulled = sums.retain(returned, from)',
      ),
    ],
    [SCOPE, LAWS],
  ),
  ofSweep(
    'a gradient added into one that a pullback returned',
    [sweep('if (sum && this.#isOwn[slot] && addInto', 'if (sum && addInto')],
    [LAWS],
  ),
  ofSweep(
    'gradients kept until the end of the backward pass',
    [sweep('sums.release(incoming)', ''), sweep('sums.release(pulled)', '')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofSweep(
    'temporaries of a pullback kept until the end of the backward pass',
    [change('src/autograd')('region.freeUnreferenced(from)', '')],
    about('^what a tape made goes as the sweep goes'),
  ),
  ofSweep(
    'a value of the forward pass taken for a gradient',
    [sweep('if (owner && owner !== region) gradient = copy(gradient);', '')],
    about('^what a tape made is not taken for a gradient'),
  ),
];

const ofRetired = patch(60);
const ofSeed = patch(61);

/** Stores that are freed late, or that another owns. */
export const stores: readonly Patch[] = [
  ofRetired(
    'a retired store freed at once',
    [memory('if (store.bytes) deferred.add(store);', 'if (store.bytes) store.free();')],
    about('^what a tape made can still be read'),
  ),
  ofRetired(
    'a retired store never freed',
    [
      memory('while (this.#bytes > MOST && this.#first < this.#stores.length) this.#freeFirst();', ''),
      memory('while (this.#first < this.#last) this.#freeFirst();', ''),
    ],
    about('^what a tape made is read right or not at all'),
  ),
  ofRetired(
    'a retired store freed only if memory is short',
    [memory('while (this.#first < this.#last) this.#freeFirst();', '')],
    about('^what a tape made ends when the step after the next one begins'),
  ),
  ofRetired(
    'a retired store freed with the next step',
    [
      memory(
        'while (this.#first < this.#last) this.#freeFirst();',
        'while (this.#first < this.#stores.length) this.#freeFirst();',
      ),
    ],
    about('^what a tape made (can still be read after the step|ends when)'),
  ),
  ofRetired(
    'a freed store still counted among the retired ones',
    [memory('this.#bytes -= this.#sizes[this.#first]!', '')],
    about('^what a tape made can still be read after it, too'),
  ),
  ofRetired(
    'an escaped store freed with its former region',
    [
      memory(
        'store = this.#stores.pop()!; if (store.owner === this) store.free()',
        'store = this.#stores.pop()!; store.free()',
      ),
    ],
    [SCOPE],
  ),
  ofRetired(
    'an escaped store freed with the op that made it',
    [memory('store = stores[i]!; if (store.owner !== this) continue', 'store = stores[i]!')],
    [MEMORY],
  ),
  ofRetired(
    'an exposed store freed',
    [memory('if (this.exposed) {', 'if (!this) {')],
    about('^scope leaves to the caller'),
  ),
  ofSeed(
    'a seed given away as a gradient',
    [sweep('? contiguous(sum) : copy(sum)', '? contiguous(sum) : contiguous(sum)')],
    about('^what a tape made leaves a seed'),
  ),
  ofSeed(
    'a seed owned by the backward pass, and freed with it',
    [
      sweep(
        'sum = this.#sums[slot]; if (sum',
        'sum = this.#sums[slot]; if (ownerOf(gradient) !== this.region) this.region.adopt(gradient.store); if (sum',
      ),
    ],
    about('^what a tape made hands a seed on'),
  ),
];

const ofArena = patch(62);

/** Blocks of one memory. */
export const arenas: readonly Patch[] = [
  ofArena(
    'a block allocated twice',
    [arena('this.#freeLists[sizeClass]?.pop()', 'this.#freeLists[sizeClass]?.at(-1)')],
    [MEMORY, SCOPE],
  ),
  ofArena('a block freed twice', [memory('this.#block = undefined', '')], [MEMORY]),
  ofArena(
    'blocks that overlap where sizes are rounded',
    [arena('this.#top += room;', 'this.#top += room - 16;')],
    [MEMORY],
  ),
  ofArena(
    'a free block opened that is too small',
    [arena('roomFor(blocks[0]!.bytes) >= room', 'roomFor(blocks[0]!.bytes) >= 16')],
    [MEMORY],
  ),
  ofArena(
    'a free block opened that stays in its free list',
    [arena('>= room)?.pop();', '>= room)?.at(-1);')],
    [MEMORY],
  ),
  ofArena(
    'free blocks joined without the room between them',
    [arena('to: address + roomFor(bytes)', 'to: address + bytes')],
    [MEMORY],
  ),
  ofArena('gaps joined that do not touch', [arena('last?.to === from', 'last')], [MEMORY]),
  ofArena('a gap set aside that is still cut from', [arena('this.#top = this.#end', '')], [MEMORY]),
  ofArena('sizes rounded down', [arena('((units - 1) >> octave)', '(units >> octave) - 1')], [MEMORY]),
  ofArena(
    'a block read in the dtype that it was last read in',
    [arena('last?.length === length && last instanceof Float64Array === wide', 'last?.length === length')],
    [MEMORY],
  ),
  ofArena(
    'blocks that reach past the end of the memory',
    [arena('if (this.#top + room > this.#end &&', 'if (this.#top > this.#end &&')],
    [MEMORY],
  ),
];
