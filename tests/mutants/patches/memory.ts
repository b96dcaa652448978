import { type Patch, all, change } from '../patch.js';

// The owner of the memory of an array, and when it frees it. These run with compiled kernels: the others need no memory
// of their own, so that none of it comes back.

const SCOPE = all('tests/autograd/scope.test.ts');
const MEMORY = all('tests/array/memory.test.ts');
const TAPE = all('tests/autograd/tape.test.ts');
const LAWS = all('tests/autograd/laws.test.ts');
const SHARED = all('tests/autograd/shared-memory.test.ts');
const RETIRED = all('tests/autograd/retired.test.ts');
const UNSCOPED = all('tests/autograd/unscoped.test.ts');
const GENERATION = { ...all('tests/train/memory.test.ts'), only: '10,000 tokens' };
const CHECKPOINT = all('tests/autograd/checkpoint.test.ts');
const about = (titles: string) => [{ ...SCOPE, only: titles }];

const scope = change('src/autograd/scope.ts');
const tape = change('src/autograd');
const sums = change('GradientSums');
const array = change('src/array');
const region = change('Region');
const deferred = change('DeferredFrees');
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
    [scope('else region.free()', 'else region.transferToOuter()')],
    about('^scope frees everything else'),
  ),
  ofScope(
    'a scope that frees what it returns',
    [scope('escape(arrayOf(value), region)', 'void 0')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that frees what it returns in a map',
    [scope('|| isCollection(value)', '')],
    about('^scope returns what f returns'),
  ),
  ofScope(
    'a scope that frees the gradients it returns',
    [scope('|| value instanceof Gradients', '')],
    about('^gradients leave a scope'),
  ),
  ofScope(
    'a scope that frees what a tape still needs',
    [scope(END, 'region.free()')],
    about('^scope changes no result'),
  ),
  ofScope(
    'a scope that frees nothing if f throws',
    [scope('} finally {', '} catch (error) { region.transferToOuter(); throw error; } finally {')],
    about('^scope frees it also if f throws'),
  ),
  ofScope(
    'a result that no outer scope owns',
    [
      array(
        'region.adopt(store); else outliveRegions(store)',
        'outliveRegions(store); else outliveRegions(store)',
      ),
    ],
    about('^scope nests'),
  ),
  ofScope(
    'a kept tensor that ends',
    [scope('keepArray(expose(arrayOf(tensor)))', '')],
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
    [optimizer('for (const array of memory?.arrays ?? []) keep(array)', '')],
    [...about('^scope keeps weights'), all('tests/optim/optimizers.test.ts')],
  ),
];

const ofStep = patch(58);

/** Entries of a tape, and what their pullbacks need. */
export const steps: readonly Patch[] = [
  ofStep(
    'temporaries freed before the pullback that needs them',
    [tape('if (!isTaped()) freeTemporaries', 'freeTemporaries')],
    [all('tests/norms/layer.test.ts'), all('tests/ops/gradients.test.ts')],
  ),
  ofStep(
    'what a pullback needs freed before it runs',
    [
      tape('passed?.(entry)', ''),
      tape('if (passed) entries.pop()', 'if (passed) entries.pop(); passed?.(entry)'),
    ],
    [SCOPE],
  ),
  ofStep(
    'what pullbacks need freed though a second backward pass may come',
    [change('vjp')('region.transferToOuter()', 'region.free()')],
    [SCOPE, TAPE, LAWS],
  ),
  ofStep(
    'what an outer tape needs freed with an inner one',
    [tape('alone ? retire : undefined', 'retire')],
    about('^the arrays of a tape stay for the outer tape if its backward pass'),
  ),
  ofStep(
    'temporaries kept though no tape is open',
    [change('freeTemporaries')('region.freeUnreferenced', '(() => undefined)')],
    [SCOPE],
  ),
  ofStep(
    'what pullbacks needed kept after the backward pass',
    [region('retire(store); else store.free()', 'retire(store); else store.leaveToGC()')],
    about('^the arrays of a tape are freed during the backward pass'),
  ),
  ofStep(
    'stores that a scope handed on looked for at their marks in the scope',
    [region('from + this.#shift, to + this.#shift', 'from, to')],
    [SCOPE],
  ),
  ofStep(
    'retained stores freed with the temporaries',
    [region('store.refCount > 0', '!store')],
    [SCOPE, TAPE],
  ),
  ofStep(
    'slots of an earlier sweep taken for those of this one',
    [tape('tensor.#sweep === sweep ?', 'sweep && tensor.#sweep ?')],
    [TAPE, LAWS],
  ),
  ofStep(
    'the value of a differentiated function retired with its tape',
    [tape('escape(arrayOf(value), region); const gradients', 'const gradients')],
    about('^the arrays of a tape stay if they are returned'),
  ),
];

const ofSweep = patch(59);
const RELEASED = 'sums.release(incoming)';

/** Gradients in a backward pass. */
export const sweeps: readonly Patch[] = [
  ofSweep(
    'a gradient released once too often',
    [tape(RELEASED, `${RELEASED}; ${RELEASED}`)],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a sum of gradients that is not retained',
    [sums('this.#retained(sum ?', '(sum ?')],
    [SCOPE, TAPE, LAWS],
  ),
  ofSweep(
    'a gradient released before a view of the same numbers is retained',
    [
      tape(RELEASED, ''),
      tape(
        'demandEach(entry, pullThrough(entry, incoming, needs))',
        `((back: Pulled) => (${RELEASED}, back))(demandEach(entry, pullThrough(entry, incoming, needs)))`,
      ),
    ],
    [SCOPE, LAWS],
  ),
  ofSweep(
    'a gradient accumulated into an array that a pullback returned',
    [sums('this.#isOwn[slot] && addInto', 'addInto')],
    [LAWS],
  ),
  ofSweep(
    'gradients kept until the end of the backward pass',
    [tape(RELEASED, '')],
    about('^the arrays of a tape are freed during the backward pass'),
  ),
  ofSweep(
    'temporaries of a pullback kept until the end of the backward pass',
    [tape('sums.region.freeUnreferenced(from)', '')],
    about('^the arrays of a tape are freed during the backward pass'),
  ),
  ofSweep(
    'a value of the forward pass taken for a gradient',
    [sums('owner === this.region ?', 'owner ?')],
    about('^the arrays of a tape are not taken for gradients'),
  ),
];

const ofRetired = patch(60);
const ofSeed = patch(61);
const LAST_STEP = 'this.#first < this.#last';

/** Arrays that are freed late, or that something else owns. */
export const stores: readonly Patch[] = [
  ofRetired(
    'retired stores freed at once',
    [array('deferred.add(store)', 'store.free()')],
    about('^the arrays of a tape can still be read'),
  ),
  ofRetired(
    'retired stores never freed',
    [deferred('this.#bytes > MOST &&', 'false &&'), deferred(LAST_STEP, 'false')],
    about('^the arrays of a tape are read correctly or not at all'),
  ),
  ofRetired(
    'retired stores kept until memory is short',
    [deferred(LAST_STEP, 'false')],
    about('^the arrays of a tape are freed when the step after the next one begins'),
  ),
  ofRetired(
    'retired stores freed with the next step',
    [deferred(LAST_STEP, 'this.#first < this.#stores.length')],
    about('^the arrays of a tape (can still be read after the step|are freed when)'),
  ),
  ofRetired(
    'retired stores that stay in the count of bytes',
    [deferred('this.#bytes -= this.#sizes[this.#first]!', '')],
    about('^the arrays of a tape can still be read after it, also'),
  ),
  ofRetired(
    'stores that escaped freed with their former region',
    [region('if (store.owner === this) store.free()', 'store.free()')],
    [SCOPE],
  ),
  ofRetired(
    'stores that escaped freed with the temporaries',
    [region('store = stores[i]!; if (store.owner !== this) continue', 'store = stores[i]!')],
    [SCOPE],
  ),
  ofRetired(
    'exposed numbers that end',
    [array('if (this.exposed) {', 'if (!this) {')],
    about('^scope keeps numbers that the user holds'),
  ),
  ofRetired(
    'results outside of every scope that fill half of the arena',
    [array('(isResult && left.results', '(!isResult && left.results')],
    [UNSCOPED],
  ),
  ofRetired(
    'inputs driven out of the arena by results',
    [array('(isResult && left.results', '(left.results')],
    [UNSCOPED],
  ),
  ofRetired(
    'keys and values of earlier tokens kept until the last',
    [change('src/models/generation.ts')('free(before)', 'void before')],
    [GENERATION],
  ),
  ofRetired('gradients of leaves that share memory', [sums('&& !isShared(sum)', '')], [SHARED]),
  ofRetired(
    'retired results freed with their step',
    [array('store && isRetired(store)', 'store && !isRetired')],
    [RETIRED],
  ),
  ofRetired(
    'the gradients of a checkpoint kept to the end',
    [array('store.refCount = 0;', '')],
    [CHECKPOINT],
  ),
  ofSeed(
    'a seed given away as a gradient',
    [sums('own = copy(sum)', 'own = contiguous(sum)')],
    about('^the arrays of a tape do not include the seed after a step'),
  ),
  ofSeed(
    'a seed counted as a gradient, and freed with the backward pass',
    [
      sums(
        'sum = this.#sums[slot]; if (sum',
        'sum = this.#sums[slot]; if (storeOf(gradient)) this.region.adopt(storeOf(gradient)!); if (sum',
        "import { storeOf } from '../array/view.js';",
      ),
    ],
    about('^the arrays of a tape do not include the seed, which'),
  ),
];

const ofArena = patch(62);

/** Blocks of one memory. */
export const arenas: readonly Patch[] = [
  ofArena('a block allocated twice', [arena('[sizeClass]?.pop()', '[sizeClass]?.at(-1)')], [MEMORY, SCOPE]),
  ofArena('a block freed twice', [array('this.#block = undefined', '')], [MEMORY]),
  ofArena(
    'blocks that overlap if sizes are rounded',
    [arena('this.#top += room;', 'this.#top += room - 16;')],
    [MEMORY],
  ),
  ofArena(
    'a free block opened that is too small',
    [arena('roomFor(blocks[0]!.bytes) >= room', 'roomFor(blocks[0]!.bytes) >= 16')],
    [MEMORY],
  ),
  ofArena(
    'a free block opened that stays in its list',
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
