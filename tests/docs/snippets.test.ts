import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { printed } from '../support/printed.js';
import { snippetsOf } from './snippets.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs').map((file) => join('docs', file)),
].filter((file) => file.endsWith('.md'));

const snippets = pages.flatMap((page) =>
  snippetsOf(readFileSync(page, 'utf8')).map((snippet) => ({ page, ...snippet })),
);

describe('snippets in the docs', () => {
  for (const { page, title, code, prints } of snippets) {
    it(`${page}, ${title}: prints the output it shows`, async function () {
      this.timeout(60_000);
      expect(await printed(() => import(moduleOf(code)))).to.deep.equal(prints);
    });
  }

  it('compile', function () {
    this.timeout(120_000);
    expect(
      mistakesOf(snippets.map(({ page, title, code }) => ({ name: `${page}, ${title}`, code }))),
    ).to.deep.equal([]);
  });
});

const { resolve: installed } = createRequire(resolve('package.json'));

/** The URL of code as a module. It imports our source as the package; other packages are the installed ones. */
function moduleOf(code: string): string {
  const addressed = code.replace(/(?<=\b(?:from|import) ')[^']+(?=';)/g, (specifier) => {
    if (specifier.startsWith('node:')) return specifier;
    const [name, entry = ''] = specifier.split('/');
    const file = resolve('src', `${entry}.ts`);
    const source = entry && existsSync(file) ? file : resolve('src', entry, 'index.ts');
    return name === 'normtape' ? pathToFileURL(source).href : pathToFileURL(installed(specifier)).href;
  });
  const { code: script } = transformSync(addressed, { loader: 'ts', format: 'esm', target: 'es2022' });
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** The errors of the compiler for modules, under the settings of the project. */
function mistakesOf(modules: readonly { readonly name: string; readonly code: string }[]): readonly string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, '.');
  const files = new Map(modules.map((module, i) => [resolve('docs', `snippet-${i}.ts`), module]));
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, target, ...rest) => {
    const module = files.get(path);
    return module ? ts.createSourceFile(path, module.code, target) : getSourceFile(path, target, ...rest);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([path, { name }]) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(
        ({ messageText, file, start }) =>
          `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')} (${file?.text.slice(start, start! + 40)})`,
      ),
  );
}
