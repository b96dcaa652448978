import { NormtapeError, type Report } from './error.js';

/** The value of a JSON text, and the keys that an object has more than once, of which the last value is kept. */
export interface Parsed {
  readonly value: unknown;
  readonly repeated: readonly Report[];
}

/** The deepest nesting of objects and lists. JSON.stringify fails at some thousands. */
const DEEPEST = 100;

/** As many values fit into the memory that Node uses by default. */
const MOST_VALUES = 10_000_000;

/** No more repeated keys than this are reported. */
const MOST_REPEATED = 100_000;

/** The parser yields after this many values, so that an interruption can be noticed. */
const STRIDE = 1000;

// Character codes.
const [TAB, NEWLINE, RETURN, SPACE, QUOTE, BACKSLASH] = [9, 10, 13, 32, 34, 92];
const [COMMA, MINUS, ZERO, NINE, COLON] = [44, 45, 48, 57, 58];
/** The codes of the closing ones are two higher. */
const [BRACKET, BRACE] = [91, 123];

const OPENED = Symbol('opened');

const HEX = /^[0-9a-f]{4}$/i;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** An object or a list that is not closed yet. */
interface Open {
  readonly list: unknown[] | undefined;
  readonly object: Record<string, unknown>;
  /** The keys so far, and their lines. */
  readonly keys: string[];
  readonly lines: number[];
  /** The first line of each key, kept from the first repeated key on. */
  firstLine?: Map<string, number>;
}

/**
 * Parses JSON as JSON.parse does, but reports repeated keys, and the line and column of a mistake. Yields the number of
 * characters read, every thousand values.
 * @throws with `where`, at the first character that is not JSON, and if there is too much nesting or too many values.
 */
export function parsing(where: string, text: string): Generator<number, Parsed> {
  return new Parser(where, text).run();
}

class Parser {
  #at = 0;
  #line = 1;
  /** The position of the first character of the line. */
  #start = 0;
  readonly #open: Open[] = [];
  readonly #repeated: Report[] = [];

  constructor(
    readonly where: string,
    readonly text: string,
  ) {}

  *run(): Generator<number, Parsed> {
    this.#space();
    for (let values = 1; ; values++) {
      if (values % STRIDE === 0) yield this.#at;
      if (values > MOST_VALUES) this.#refuse(`at most ${MOST_VALUES} values`);
      let value = this.#value();
      if (value === OPENED) continue;
      // The end of a value may also end the objects and lists around it.
      for (;;) {
        const around = this.#open.at(-1);
        this.#space();
        if (!around) {
          if (this.#at < this.text.length) this.#refuse();
          return { value, repeated: this.#repeated };
        }
        this.#add(around, value);
        if (this.#takes(COMMA)) {
          this.#space();
          if (!around.list) this.#key(around);
          break;
        }
        if (!this.#takes(around.list ? BRACKET + 2 : BRACE + 2)) this.#refuse();
        value = around.list ?? around.object;
        this.#open.pop();
      }
    }
  }

  /** Reads a value without parts, or returns OPENED at the first part of an object or a list. */
  #value(): unknown {
    const code = this.text.charCodeAt(this.#at);
    if (code === QUOTE) return this.#string();
    if (code === BRACE || code === BRACKET) return this.#inside(code === BRACKET);
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#number();
    for (const [word, value] of LITERALS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#refuse();
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.text)) this.#refuse();
    const digits = this.text.slice(this.#at, NUMBER.lastIndex);
    this.#at = NUMBER.lastIndex;
    return Number(digits);
  }

  #inside(isList: boolean): unknown {
    if (this.#open.length === DEEPEST) this.#refuse(`at most ${DEEPEST} levels of nested brackets`);
    this.#at++;
    this.#space();
    const list: unknown[] | undefined = isList ? [] : undefined;
    const object: Record<string, unknown> = {};
    if (this.#takes(list ? BRACKET + 2 : BRACE + 2)) return list ?? object;
    const open: Open = { list, object, keys: [], lines: [] };
    this.#open.push(open);
    if (!list) this.#key(open);
    return OPENED;
  }

  /** Reads the key of the next value, and its colon. */
  #key({ keys, lines }: Open): void {
    if (this.text.charCodeAt(this.#at) !== QUOTE) this.#refuse();
    lines.push(this.#line);
    keys.push(this.#string());
    this.#space();
    if (!this.#takes(COLON)) this.#refuse();
    this.#space();
  }

  #string(): string {
    const { text } = this;
    const start = this.#at;
    let isPlain = true;
    let at = start + 1;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        isPlain = false;
        const next = text[++at] ?? '';
        if (next === 'u' && HEX.test(text.slice(at + 1, at + 5))) at += 4;
        else if (next === '' || !'"\\/bfnrt'.includes(next)) this.#refuse('JSON', at);
      } else if (!(code >= SPACE)) this.#refuse('JSON', at);
    }
    this.#at = at + 1;
    return isPlain ? text.slice(start + 1, at) : (JSON.parse(text.slice(start, at + 1)) as string);
  }

  #add(around: Open, value: unknown): void {
    const { list, object, keys } = around;
    if (list) {
      list.push(value);
      return;
    }
    const key = keys.at(-1)!;
    if (Object.hasOwn(object, key)) this.#repeat(around, key);
    else around.firstLine?.set(key, around.lines.at(-1)!);
    // An assignment would set the prototype.
    if (key === '__proto__') {
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } else object[key] = value;
  }

  #repeat(around: Open, key: string): void {
    const { keys, lines } = around;
    around.firstLine ??= new Map([...keys.keys()].reverse().map((i) => [keys[i]!, lines[i]!]));
    const where = `${this.where}: line ${lines.at(-1)}`;
    const hint = `Line ${around.firstLine.get(key)} has the same key, and only one of the two would count.`;
    if (this.#repeated.length >= MOST_REPEATED) return;
    this.#repeated.push({ where, expected: 'each key once in an object', received: key, hint });
  }

  #takes(code: number): boolean {
    if (this.text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (; ; this.#at++) {
      const code = this.text.charCodeAt(this.#at);
      if (code === NEWLINE) {
        this.#line++;
        this.#start = this.#at + 1;
      } else if (code !== SPACE && code !== TAB && code !== RETURN) return;
    }
  }

  #refuse(expected = 'JSON', at = this.#at): never {
    const where = `${this.where}: line ${this.#line}, column ${at - this.#start + 1}`;
    const received = this.text.slice(at, at + 20) || 'the end of the file';
    const hint = /^\/[/*]/.test(received) ? 'JSON has no comments.' : undefined;
    throw new NormtapeError({ where, expected, received, hint });
  }
}
