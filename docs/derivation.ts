import { existsSync, readFileSync } from 'node:fs';

/** One equation of a derivation: the gradient of a symbol, and why. */
export interface Equation {
  readonly symbol: string;
  readonly expression: string;
  readonly because: string | undefined;
  /** The options that it holds for, if the line before its block says so: "With `{ invert: true }`". */
  readonly given: object;
}

/** The derivation of a backward pass: the comment above `apply` in a definition. */
export interface Derivation {
  /** Its comment, line by line, without the stars. */
  readonly lines: readonly string[];
  readonly equations: readonly Equation[];
}

/** The derivation in the definition of a type. @throws if there is none. */
export function derivationOf(type: string): Derivation {
  const file = `${type.replaceAll('_', '-')}.ts`;
  const path = ['src/norms/definitions', 'src/norms/weights']
    .map((folder) => `${folder}/${file}`)
    .find((each) => existsSync(each))!;
  const [, comment] = /\/\*\*\n((?: {3}\*.*\n)+) {3}\*\/\n {2}apply\(/.exec(readFileSync(path, 'utf8')) ?? [];
  if (comment === undefined) throw new Error(`${path} derives no backward pass above apply`);
  const lines = comment
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ *\* ?/, ''));
  const equations: Equation[] = [];
  let given = {};
  for (const line of lines) {
    const [, stated] = /^With `(\{.+\})`/.exec(line) ?? [];
    if (stated !== undefined) given = JSON.parse(asJson(stated)) as object;
    const [, symbol = equations.at(-1)?.symbol, expression, because] =
      /^ {4}(?:d(\S+)| *) = (.+?)(?: {3,}(.+))?$/.exec(line) ?? [];
    if (expression === undefined) continue;
    if (symbol === undefined) throw new Error(`${path}: no symbol before "${line}"`);
    equations.push({ symbol, expression, because, given });
  }
  return { lines, equations };
}

/** An object in TypeScript as JSON. */
const asJson = (literal: string): string => literal.replace(/(\w+):/g, '"$1":').replaceAll("'", '"');
