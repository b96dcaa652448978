import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const PURE = '/* @__PURE__ */ ';

/**
 * Marks the calls that make the constants of modules as free of side effects, so that bundlers leave those constants out
 * that a program does not use. Statements that are calls stay unmarked: modules with such statements rely on them.
 */
export function markPureCalls(folder, isForBundlers) {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js') || !isForBundlers(file)) continue;
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    const places = callsOf(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
    if (places.length === 0) continue;
    let [marked, from] = ['', 0];
    for (const place of places) {
      marked += source.slice(from, place) + PURE;
      from = place;
    }
    writeFileSync(path, marked + source.slice(from));
  }
}

/** Where the calls begin that run when a constant of a module is made, in ascending order. */
function callsOf({ text, statements }) {
  const places = new Set();
  const visit = (node) => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    const start = node.getStart();
    if (isCall && !text.slice(0, start).endsWith(PURE)) places.add(start);
    ts.forEachChild(node, visit);
  };
  for (const statement of statements) if (ts.isVariableStatement(statement)) visit(statement);
  return [...places].sort((a, b) => a - b);
}
