import { transform } from 'sucrase';

/**
 * TypeScript as JavaScript on the same lines.
 * @throws if it has a namespace with values, or is not TypeScript.
 */
export function stripTypes(source: string, path: string): string {
  const [, found] = NAMESPACE.exec(source) ?? [];
  if (found !== undefined)
    throw new SyntaxError(`${path}: namespaces with values are not supported (${found})`);
  return transform(source, {
    transforms: ['typescript'],
    filePath: path,
    disableESTransforms: true,
    keepUnusedImports: false,
  }).code;
}

/** A namespace at the start of a line, which the transformation would drop silently. */
const NAMESPACE = /^\s*(?:export\s+)?((?:namespace|module)\s+[\w.]+)\s*\{/m;
