// In the files for bundlers, parts the definition of each norm in two modules: what computes, and what describes it, so that
// a bundle that only computes leaves text, formulas, examples and laws out. The sources and the files for Node keep both
// in one object.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const FOLDERS = ['definitions', 'weights'];

/** Rewrites the built definitions in this folder, `dist/norms`; throws if one holds more than a norm made by `norm({…})` and
 * declarations that it needs. */
export async function partDescriptions(folder) {
  const place = join(folder, 'description.js');
  const { DESCRIBING } = await import(pathToFileURL(place).href);
  const parted = FOLDERS.flatMap((name) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.js'))
      .map((file) => {
        const path = join(folder, name, file);
        const { computing, describing } = part(readFileSync(path, 'utf8'), file, DESCRIBING);
        writeFileSync(path, computing);
        writeFileSync(path.replace(/\.js$/, '.description.js'), describing);
        return `import "./${name}/${file.replace(/\.js$/, '.description.js')}";\n`;
      }),
  );
  // Whoever calls descriptionOf gets all descriptions with it.
  writeFileSync(place, parted.join('') + readFileSync(place, 'utf8'));
}

/** The two modules of one definition, each with the statements of the file that it needs. */
function part(source, file, describing) {
  const { statements } = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const made = statements.find((statement) => callOf(statement));
  if (!made) throw new Error(`${file}: expected a constant that norm({…}) makes.`);
  const [literal] = callOf(made).arguments;
  const isDescribing = ({ name }) => name !== undefined && describing.includes(name.getText());
  const describes = literal.properties.filter(isDescribing);
  const computes = literal.properties.filter((property) => !isDescribing(property));
  const exported = statements.filter(ts.isExportDeclaration);
  if (exported.length !== 1 || exported[0].exportClause.elements.length !== 1)
    throw new Error(`${file}: expected no export but the norm.`);
  const others = statements.filter((statement) => statement !== made && !ts.isExportDeclaration(statement));

  const stray = others.find((statement) => declaredBy(statement).length === 0);
  if (stray) throw new Error(`${file}: expected declarations alone, found ${stray.getText()}`);
  const [{ name }] = made.declarationList.declarations;
  const fields = describes.map((property) => JSON.stringify(property.name.getText())).join(', ');
  return {
    computing: [
      'import { apart } from "../apart.js";',
      ...neededBy([...computes, callOf(made).expression], others),
      `const ${name.text} = norm(apart({${textOf(computes)}\n}, [${fields}]));`,
      ...exported.map((statement) => statement.getText()),
      '',
    ].join('\n'),
    describing: [
      'import { describe } from "../apart.js";',
      `import { ${name.text} } from "./${basename(file)}";`,
      ...neededBy(describes, others),
      `describe(${name.text}, {${textOf(describes)}\n});`,
      '',
    ].join('\n'),
  };
}

/** The call of a statement `const name = norm({…})`; undefined if it is none. */
function callOf(statement) {
  if (!ts.isVariableStatement(statement)) return undefined;
  const [{ initializer }] = statement.declarationList.declarations;
  const isCall =
    initializer && ts.isCallExpression(initializer) && initializer.expression.getText() === 'norm';
  return isCall && ts.isObjectLiteralExpression(initializer.arguments[0]) ? initializer : undefined;
}

const textOf = (properties) => properties.map((property) => property.getFullText().trimEnd()).join(',');

/** The text of the statements that these nodes need, in their order; of imports, the names that are needed. */
function neededBy(nodes, statements) {
  const names = new Set(nodes.flatMap(namesIn));
  const needed = new Set();
  for (let before = -1; before < needed.size;) {
    before = needed.size;
    for (const statement of statements) {
      if (needed.has(statement) || !declaredBy(statement).some((name) => names.has(name))) continue;
      needed.add(statement);
      if (!ts.isImportDeclaration(statement)) for (const name of namesIn(statement)) names.add(name);
    }
  }
  return statements
    .filter((statement) => needed.has(statement))
    .map((statement) => narrowed(statement, names));
}

/** Every name that stands in a node, those of properties too: more than it refers to, never less. */
function namesIn(node) {
  const names = ts.isIdentifier(node) ? [node.text] : [];
  ts.forEachChild(node, (child) => void names.push(...namesIn(child)));
  return names;
}

/** The names that a statement of a module declares. */
function declaredBy(statement) {
  if (ts.isImportDeclaration(statement)) return statement.importClause ? namesIn(statement.importClause) : [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  return statement.name ? [statement.name.text] : [];
}

/** An import, with the names among these; any other statement as it is. */
function narrowed(statement, names) {
  const list = ts.isImportDeclaration(statement) && statement.importClause.namedBindings;
  if (!list || !ts.isNamedImports(list) || statement.importClause.name) return statement.getFullText().trim();
  const kept = list.elements.filter(({ name }) => names.has(name.text)).map((element) => element.getText());
  return `import { ${kept.join(', ')} } from ${statement.moduleSpecifier.getText()};`;
}
