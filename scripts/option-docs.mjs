// Writes the descriptions of options into the declarations in dist/ as comments, so that editors show them on hover.
// Options are declared as data: `learningRate: number(0.01, 'The size of a step.', …)`. The types that users see are
// mapped from these declarations property by property, and TypeScript keeps the comment of a property in such a
// mapping. So each declaration of options in a .d.ts file gets its comments here, from the data.
import { build } from 'esbuild';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

/** Adds comments to every option in the declarations of these sources; returns how many. */
export async function documentOptions(folder, sources) {
  const { modules, commentOf } = await declaredIn(sources, folder);
  let count = 0;
  for (const path of sources) {
    const file = join(folder, path.replace(/^src\//, '').replace(/\.ts$/, '.d.ts'));
    const comments = commentsFor(readFileSync(file, 'utf8'), modules[path], commentOf);
    if (comments.length === 0) continue;
    count += comments.length;
    writeFileSync(file, inserted(readFileSync(file, 'utf8'), comments));
  }
  return count;
}

/** The top-level declarations of every module, exported or not, by the path of the module. */
async function declaredIn(sources, folder) {
  const names = sources.map((path, i) => `export * as m${i} from './${path}';`);
  const outfile = resolve(folder, '.declared.mjs');
  await build({
    stdin: {
      contents: [...names, "export { commentOf } from './src/option/words.ts';"].join('\n'),
      resolveDir: '.',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    plugins: [everythingIsExported],
  });
  try {
    const { commentOf, ...all } = await import(pathToFileURL(outfile).href);
    return { commentOf, modules: Object.fromEntries(sources.map((path, i) => [path, all[`m${i}`]])) };
  } finally {
    rmSync(outfile);
  }
}

const everythingIsExported = {
  name: 'everything is exported',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      const hidden = ts
        .createSourceFile(path, code, ts.ScriptTarget.ES2022)
        .statements.filter((statement) => ts.isVariableStatement(statement) && !isExported(statement))
        .flatMap(({ declarationList }) => declarationList.declarations)
        .flatMap(({ name }) => (ts.isIdentifier(name) ? name.text : []))
        .filter((name) => !new RegExp(`export \\{[^}]*\\b${name}\\b`).test(code));
      return { contents: `${code}\nexport { ${hidden.join(', ')} };`, loader: 'ts' };
    }),
};

const isExported = ({ modifiers }) =>
  modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

/** The comments, with their positions in the text. */
function commentsFor(code, declared, commentOf) {
  const file = ts.createSourceFile('declarations.d.ts', code, ts.ScriptTarget.ES2022, true);
  const found = [];
  /** Walks down a type and its value to the options. */
  const visit = (type, value) => {
    if (!type || !isObject(value)) return;
    if (ts.isTypeReferenceNode(type) || ts.isImportTypeNode(type)) {
      // A reference such as Norm<type, options, …>: find the argument with the same options as a field of the value.
      for (const argument of type.typeArguments ?? []) {
        if (!ts.isTypeLiteralNode(argument)) continue;
        const names = namesIn(argument);
        visit(
          argument,
          Object.values(value).find((field) => isOptions(field) && sameNames(Object.keys(field), names)),
        );
      }
    }
    if (!ts.isTypeLiteralNode(type)) return;
    for (const member of type.members) {
      if (!member.name || !ts.isPropertySignature(member)) continue;
      const own = value[member.name.text];
      if (isOption(own)) {
        if (ts.getJSDocCommentsAndTags(member).length === 0)
          found.push({ at: member.getStart(), text: commentOf(own) });
      } else visit(member.type, own);
    }
  };
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, type } of statement.declarationList.declarations) {
      const value = ts.isIdentifier(name) ? declared[name.text] : undefined;
      if (isNorm(value) && ts.getJSDocCommentsAndTags(statement).length === 0)
        found.push({ at: statement.getStart(), text: `${value.about} ${value.useCase}` });
      visit(type, value);
    }
  }
  return found;
}

const namesIn = ({ members }) => members.flatMap(({ name }) => name?.text ?? []);
const sameNames = (a, b) => a.length === b.length && a.every((name) => b.includes(name));
const isObject = (value) => typeof value === 'object' && value !== null;
const isOption = (value) =>
  isObject(value) && typeof value.kind === 'string' && typeof value.about === 'string';
const isNorm = (value) =>
  isObject(value) && typeof value.apply === 'function' && typeof value.useCase === 'string';
const isOptions = (value) =>
  isObject(value) && Object.keys(value).length > 0 && Object.values(value).every(isOption);

/** The text with a comment at each position, indented like the line after it. */
function inserted(code, comments) {
  let text = code;
  for (const { at, text: comment } of [...comments].sort((a, b) => b.at - a.at)) {
    const indent = /[ \t]*$/.exec(text.slice(0, at))[0];
    text = `${text.slice(0, at)}/** ${comment.replaceAll('*/', '* /')} */\n${indent}${text.slice(at)}`;
  }
  return text;
}

/** The sources that have declarations in dist/. */
export const documented = () =>
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('cli') && !path.includes('assembly'))
    .map((path) => join('src', path));
