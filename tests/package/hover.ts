import { resolve } from 'node:path';
import ts from 'typescript';

/** A name to hover over, and the comment that an editor shows, empty if there is none. */
export interface Hover {
  readonly name: string;
  readonly comment: string;
}

/** The public declarations in dist/, as the compiler reads them. */
export class Declarations {
  readonly #checker: ts.TypeChecker;
  readonly #files: readonly ts.SourceFile[];

  constructor(entries: readonly string[]) {
    const files = entries.map((entry) => resolve(entry));
    const program = programOf(files);
    this.#checker = program.getTypeChecker();
    this.#files = files.map((file) => program.getSourceFile(file)!);
  }

  /** Every exported name. */
  exports(): readonly Hover[] {
    return this.#symbols().map((symbol) => this.#hover(symbol.name, symbol));
  }

  /**
   * Every property of every object of options that an exported function or constructor takes, by the name of its owner.
   */
  options(): readonly Hover[] {
    return this.#symbols().flatMap((symbol) => {
      const type = this.#checker.getTypeOfSymbol(symbol);
      const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
      const parameters = signatures.flatMap((signature) => signature.getParameters());
      return parameters.flatMap((parameter) =>
        this.properties(`${symbol.name}: ${parameter.name}`, this.#checker.getTypeOfSymbol(parameter)),
      );
    });
  }

  /** The options of each built-in norm, without the name of their owner. */
  normalizationOptions(types: readonly string[]): ReadonlyMap<string, readonly Hover[]> {
    const code = types.map((type, i) => `export declare const o${i}: NormalizationOptions<'${type}'>;`);
    const probe = resolve('dist/probe.d.ts');
    const text = ["import type { NormalizationOptions } from './index.js';", ...code].join('\n');
    const program = programOf([probe], new Map([[probe, text]]));
    const checker = program.getTypeChecker();
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(probe)!)!);
    return new Map(
      exported.map((symbol) => [
        types[Number(symbol.name.slice(1))]!,
        checker
          .getTypeOfSymbol(symbol)
          .getProperties()
          .map((property) => hover(checker, property.name, property)),
      ]),
    );
  }

  /** The properties of a type if it is an object of options; none for a class, an array or a function. */
  properties(owner: string, type: ts.Type): readonly Hover[] {
    const whole = this.#checker.getNonNullableType(type);
    const members = whole.isUnion() ? whole.types : [whole];
    return members
      .filter((member) => this.#isOptions(member))
      .flatMap((member) =>
        this.#checker
          .getPropertiesOfType(member)
          .map((property) => this.#hover(`${owner}.${property.name}`, property)),
      );
  }

  #isOptions(type: ts.Type): boolean {
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return false;
    if (type.getCallSignatures().length > 0 || type.isClass() || this.#checker.isArrayLikeType(type))
      return false;
    const properties = this.#checker.getPropertiesOfType(type);
    // Options may be omitted, or their fields may: any other object is not an object of options.
    return (
      properties.length > 0 &&
      properties.every((property) => (property.flags & ts.SymbolFlags.Method) === 0) &&
      properties.some((property) => property.flags & ts.SymbolFlags.Optional)
    );
  }

  #symbols(): readonly ts.Symbol[] {
    return this.#files.flatMap((file) =>
      this.#checker
        .getExportsOfModule(this.#checker.getSymbolAtLocation(file)!)
        .map((symbol) =>
          symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol,
        ),
    );
  }

  readonly #hover = (name: string, symbol: ts.Symbol): Hover => hover(this.#checker, name, symbol);
}

const hover = (checker: ts.TypeChecker, name: string, symbol: ts.Symbol): Hover => ({
  name,
  comment: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
});

/** The program of some files, of which the `extra` ones exist only here. */
function programOf(files: readonly string[], extra: ReadonlyMap<string, string> = new Map()): ts.Program {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => extra.has(path) || fileExists(path);
  host.readFile = (path) => extra.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = extra.get(path);
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target, true);
  };
  return ts.createProgram([...files], options, host);
}
