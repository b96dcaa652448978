import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A stretch of one file: from its first character to the one after its last. */
export interface Span {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** The files that no patch can change: sources of the compiled kernels, and generated files. */
const GENERATED = /kernels\/(wasm\/assembly|wasm\/(binaries|exports\.ts)|js\/generated)/;
/** White space and comments, which are skipped, or a token: a string on one line, a word, any other character. */
const TOKEN = /\s+|\/\/.*|\/\*[^]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w$]+|[^]/gu;
const SKIPPED = /^(\s|\/\/|\/\*)/;
/** Stands between tokens, and in none. */
const EDGE = '\0';

/** A text as its tokens: two that differ in white space, comments and trailing commas alone have the same. */
class Tokens {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** Where each token begins in `joined`. */
  readonly #at: number[] = [];
  /** All tokens, each between two edges. */
  readonly joined: string;

  constructor(text: string) {
    const tokens: string[] = [];
    for (const { 0: token, index } of text.matchAll(TOKEN)) {
      if (SKIPPED.test(token)) continue;
      if (tokens.at(-1) === ',' && /^[)\]}]$/.test(token))
        for (const list of [tokens, this.#from, this.#to]) list.pop();
      tokens.push(token);
      this.#from.push(index);
      this.#to.push(index + token.length);
    }
    this.joined = EDGE + tokens.join(EDGE) + EDGE;
    for (let i = 0, at = 0; i < tokens.length; i++, at += 1 + tokens[i - 1]!.length) this.#at.push(at);
  }

  /** Every place, as characters of the text, where the tokens of the anchor follow each other. */
  find(anchor: Tokens): readonly { readonly from: number; readonly to: number }[] {
    const found = [];
    for (let at = -1; (at = this.joined.indexOf(anchor.joined, at + 1)) >= 0;) {
      const first = this.#at.indexOf(at);
      found.push({ from: this.#from[first]!, to: this.#to[first + anchor.#from.length - 1]! });
    }
    return found;
  }
}

/** The sources of a copy, in which anchors are looked up. */
export class Sources {
  readonly #texts = new Map<string, string>();
  readonly #tokens = new Map<string, Tokens>();

  /** `root` is the folder that src lies in. */
  constructor(root = '.') {
    for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
      const file = `src/${path.replaceAll('\\', '/')}`;
      if (file.endsWith('.ts') && !GENERATED.test(file))
        this.#texts.set(file, readFileSync(join(root, file), 'utf8'));
    }
  }

  text(file: string): string {
    return this.#texts.get(file)!;
  }

  /**
   * The one stretch of the sources that reads like the anchor. White space, comments and trailing commas do not count.
   * @throws Error if there is none, or more than one.
   */
  locate(anchor: string, place = 'src/'): Span {
    const wanted = new Tokens(anchor);
    const found = this.#within(place).flatMap(({ file, from, to }) =>
      this.#tokensOf(file)
        .find(wanted)
        .filter((span) => from <= span.from && span.to <= to)
        .map((span) => ({ file, ...span })),
    );
    if (found.length === 1) return found[0]!;
    throw new Error(
      found.length === 0
        ? `anchor \`${anchor}\` is not in ${place}; the code moved: find it and shorten`
        : `anchor \`${anchor}\` is ${found.length} times in ${place} (${this.#lines(found)}); lengthen it, or say in which declaration`,
    );
  }

  /** The stretches that a place stands for: files by their path or folder, or the one declaration of a name. */
  #within(place: string): readonly Span[] {
    if (place.includes('/'))
      return [...this.#texts]
        .filter(([file]) => file === place || file.startsWith(place.replace(/\/?$/, '/')))
        .map(([file, text]) => ({ file, from: 0, to: text.length }));
    const found = [...this.#texts].flatMap(([file, text]) => declarations(file, text, place));
    if (found.length === 1) return found;
    const times = found.length === 0 ? 'nothing' : `more than one file (${this.#lines(found)})`;
    throw new Error(`${times} in src declares \`${place}\`; it was renamed or moved: name it anew`);
  }

  #tokensOf(file: string): Tokens {
    const known = this.#tokens.get(file) ?? new Tokens(this.text(file));
    this.#tokens.set(file, known);
    return known;
  }

  #lines(spans: readonly Span[]): string {
    return spans
      .map(({ file, from }) => `${file}:${this.text(file).slice(0, from).split('\n').length}`)
      .join(', ');
  }
}

/** The declarations of a name at the top level of a file: each ends before the next line that is not indented. */
function declarations(file: string, text: string, name: string): readonly Span[] {
  const start = new RegExp(
    `^(export )?(abstract )?(async )?(function\\*?|class|const|let|interface|type) ${name}\\b`,
    'gm',
  );
  return [...text.matchAll(start)].map(({ index }) => {
    const next = /\n(?![\s})\]>]|$)/.exec(text.slice(index));
    return { file, from: index, to: next ? index + next.index : text.length };
  });
}
