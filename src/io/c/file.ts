import { sizeOf } from '../../array/index.js';
import { type Node, type Output, isInteger } from '../graph/node.js';
import { Names, comment, identifier } from '../source/names.js';
import type { Section } from '../source/sections.js';
import { Body, type Buffer } from './body.js';
import { type Helper, KINDS } from './kinds.js';
import { type Memory, planned } from './memory.js';
import { Plan } from './plan.js';
import { RESERVED, floatLiteral, literal } from './text.js';

/** A value that a function is given, or gives. */
interface Parameter {
  readonly node: Node;
  readonly name: string;
}

/** A function of the file: what it computes, from what, and its code. */
interface Written {
  readonly name: string;
  readonly module: string;
  readonly reads: readonly Parameter[];
  readonly writes: readonly Parameter[];
  readonly ops: readonly string[];
  readonly lines: readonly string[];
  /** How many numbers of the type of sums it stores. */
  readonly scratch: number;
}

/** What the code of a file states about it, and its code. */
export interface Content {
  readonly weightBytes: number;
  /** Static memory: floats, and numbers of the type of sums. */
  readonly floats: number;
  readonly reals: number;
  readonly code: string;
  readonly layers: readonly { readonly layer: string; readonly became: string }[];
}

const HELPERS: Readonly<Record<Helper, (real: string, name: string) => readonly string[]>> = {
  maximum: (real, name) => [
    '/* The larger of two numbers; NaN if one is. */',
    `static ${real} ${name}(${real} a, ${real} b) {`,
    '  return a > b || a != a ? a : b;',
    '}',
  ],
  minimum: (real, name) => [
    '/* The smaller of two numbers; NaN if one is. */',
    `static ${real} ${name}(${real} a, ${real} b) {`,
    '  return a < b || a != a ? a : b;',
    '}',
  ],
  sigmoid: (real, name) => [`static ${real} ${name}(${real} x) {`, '  return 1 / (1 + exp(-x));', '}'],
};

/** Names of values within a function. */
const VALUES: Partial<Readonly<Record<Node['kind'], string>>> = {
  mean: 'mean',
  sum: 'total',
  max: 'largest',
  sqrt: 'length',
  softmax: 'shares',
  logSoftmax: 'shares',
};

const shapeText = ({ shape }: Node): string => `[${shape.join(', ')}]`;

/** Numbers as the lines of a list of C. */
function listed(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 96) lines[lines.length - 1] = `${last} ${word},`;
    else lines.push(`  ${word},`);
  }
  return lines.join('\n');
}

/** The code that computes a graph whose sizes are all numbers. */
export class File {
  readonly #plan: Plan;
  readonly #names: Names;
  readonly #real: string;
  readonly #constants = new Map<Node, Buffer>();
  readonly #declarations: string[] = [];
  readonly #helpers = new Map<Helper, string>();
  readonly #sections: readonly Section[];
  /** The numbers of the sections that read a stored value. */
  readonly #readers = new Map<Node, Set<number>>();
  #weightBytes = 0;

  constructor(
    readonly prefix: string,
    readonly inputs: readonly Node[],
    readonly outputs: readonly Output<number>[],
  ) {
    this.#plan = new Plan(outputs);
    this.#real = `${prefix.toUpperCase()}_REAL`;
    this.#names = new Names(RESERVED, [`${prefix}_predict`]);
    this.#sections = this.#plan.sections();
    this.#sections.forEach(({ nodes: stored }, i) => {
      for (const { node } of this.#behind(stored))
        if (this.#plan.isBuffer(node)) this.#readers.set(node, (this.#readers.get(node) ?? new Set()).add(i));
    });
  }

  /** The nodes that stored values are computed from, up to those that are stored. */
  #behind(stored: readonly Node[]): readonly { readonly node: Node; readonly isOwn: boolean }[] {
    const found = new Map<Node, boolean>();
    const stack = stored.flatMap(({ inputs }) => inputs);
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (found.has(node)) continue;
      found.set(node, stored.includes(node));
      if (!this.#plan.isBuffer(node)) stack.push(...node.inputs);
    }
    return [...found].map(([node, isOwn]) => ({ node, isOwn }));
  }

  content(): Content {
    const outputs = new Set(this.outputs.map(({ node }) => node));
    const crosses = (node: Node, section: number): boolean =>
      outputs.has(node) || [...(this.#readers.get(node) ?? [])].some((reader) => reader !== section);
    const functions = this.#sections.map((section, i) => this.#function(section, (node) => crosses(node, i)));
    const memory = planned(
      functions.flatMap(({ writes }, made) =>
        writes
          .filter(({ node }) => !outputs.has(node))
          .map(({ node }) => ({ node, made, last: Math.max(made, ...this.#readers.get(node)!) })),
      ),
    );
    const buffers = memory.sizes.map((size, i) => `static float ${this.#buffer(i)}[${size}];`);
    const code = [
      ...[...this.#helpers].flatMap(([helper, name]) => [...HELPERS[helper](this.#real, name), '']),
      ...this.#declarations,
      ...(buffers.length > 0
        ? ['/* What the functions below give each other, each used again once it is free. */', ...buffers, '']
        : []),
      ...functions.flatMap((one) => [...this.#defined(one), '']),
      ...this.#predict(functions, memory),
    ].join('\n');
    return {
      weightBytes: this.#weightBytes,
      floats: memory.sizes.reduce((sum, size) => sum + size, 0),
      reals: functions.reduce((sum, { scratch }) => sum + scratch, 0),
      code,
      layers: functions.map(({ module: layer, name }) => ({ layer, became: `${name}()` })),
    };
  }

  #buffer(i: number): string {
    return `${this.prefix}_buffer_${i + 1}`;
  }

  #function({ module, nodes: stored }: Section, crosses: (node: Node) => boolean): Written {
    const names = new Names(RESERVED);
    const own = new Map<Node, Buffer>();
    const reads: Parameter[] = [];
    const declarations: string[] = [];
    let scratch = 0;
    const writes: Parameter[] = [];
    const result = (node: Node): string =>
      this.outputs.find((output) => output.node === node)?.name ?? identifier(module);
    for (const node of stored) {
      const size = sizeOf(node.shape);
      const isVariable = !crosses(node) && size === 1;
      const name = names.fresh(crosses(node) ? result(node) : (VALUES[node.kind] ?? 'part'));
      own.set(node, { name, isVariable, isFloat: crosses(node) });
      if (crosses(node)) writes.push({ node, name });
      if (crosses(node)) continue;
      if (!isVariable) scratch += size;
      declarations.push(
        isVariable
          ? `  ${this.#real} ${name};`
          : `  static ${this.#real} ${name}[${size}]; /* ${shapeText(node)} */`,
      );
    }
    const bufferOf = (node: Node): Buffer => {
      const known = own.get(node) ?? (KINDS[node.kind].form === 'leaf' ? this.#constant(node) : undefined);
      if (known) return known;
      const wanted = node.kind === 'input' ? 'input' : identifier(node.place?.module ?? 'x');
      const made = { name: names.fresh(wanted), isFloat: true };
      own.set(node, made);
      reads.push({ node, name: made.name });
      return made;
    };
    const body = new Body(
      {
        real: this.#real,
        isBuffer: (node) => this.#plan.isBuffer(node),
        usesOf: (node) => this.#plan.usersOf(node).length,
        bufferOf,
        helper: (helper) => this.#helper(helper),
      },
      names,
    );
    for (const node of stored) body.store(node);
    const within = [...this.#behind(stored).map(({ node }) => node), ...stored];
    const ops = within
      .filter(
        (node) => node.place?.module === module && (stored.includes(node) || !this.#plan.isBuffer(node)),
      )
      .map(({ place }) => place!)
      .sort((a, b) => a.index - b.index)
      .map(({ op }) => op);
    return {
      name: this.#names.fresh(`${this.prefix}_${identifier(module)}`),
      module,
      reads,
      writes,
      ops: [...new Set(ops)],
      lines: [...declarations, ...body.lines],
      scratch,
    };
  }

  /** A function with its comment. */
  #defined({ name, module, ops, reads, writes, lines }: Written): readonly string[] {
    const given = reads.map((one) => `const ${isInteger(one.node) ? 'int' : 'float'} *${one.name}`);
    const made = writes.map((one) => `float *${one.name}`);
    const [from, to] = [reads, writes].map((all) => all.map(({ node }) => shapeText(node)).join(', '));
    return [
      `/* ${comment(`${module} (${ops.join(', ')}): ${from!} -`)}> ${to!} */`,
      `static void ${name}(${[...given, ...made].join(', ')}) {`,
      ...lines,
      '}',
    ];
  }

  /** The function that calls all others. */
  #predict(functions: readonly Written[], { places }: Memory): readonly string[] {
    const given = this.inputs.map((node) => {
      const type = isInteger(node) ? 'int' : 'float';
      return `const ${type} input[${sizeOf(node.shape)}]`;
    });
    const made = this.outputs.map(({ name, node }) => `float ${name}[${sizeOf(node.shape)}]`);
    const place = ({ node }: Parameter): string =>
      node.kind === 'input'
        ? 'input'
        : (this.outputs.find((output) => output.node === node)?.name ?? this.#buffer(places.get(node)!));
    const calls = functions.map(
      ({ name, reads, writes }) => `  ${name}(${[...reads, ...writes].map(place).join(', ')});`,
    );
    const unused = this.inputs.filter((node) => !this.#readers.has(node)).map(() => '  (void)input;');
    return [
      `static inline void ${this.prefix}_predict(${[...given, ...made].join(', ')}) {`,
      ...unused,
      ...calls,
      '}',
    ];
  }

  #helper(helper: Helper): string {
    const name = this.#helpers.get(helper) ?? this.#names.fresh(`${this.prefix}_${helper}`);
    this.#helpers.set(helper, name);
    return name;
  }

  /** The name of a weight or a table, which is declared; undefined for an input. */
  #constant(node: Node): Buffer | undefined {
    if (node.kind === 'input') return undefined;
    const known = this.#constants.get(node);
    if (known) return known;
    const data = node.attributes['data'] as readonly number[];
    const path = node.kind === 'weight' ? (node.attributes['name'] as string) : 'table';
    const name = this.#names.fresh(`${this.prefix}_${identifier(path)}`);
    const isFloat = data.every((value) => Object.is(Math.fround(value), value));
    const [type, words, bytes] = isInteger(node)
      ? ['int', data.map(String), 4]
      : isFloat
        ? ['float', data.map(floatLiteral), 4]
        : [this.#real, data.map((value) => literal(value).text), 8];
    this.#weightBytes += bytes * data.length;
    this.#declarations.push(
      `/* ${comment(path)}, ${shapeText(node)}: ${bytes * data.length} bytes. */`,
      `static const ${type} ${name}[${Math.max(1, data.length)}] = {`,
      listed(words),
      '};',
      '',
    );
    const made = { name, isFloat };
    this.#constants.set(node, made);
    return made;
  }
}
