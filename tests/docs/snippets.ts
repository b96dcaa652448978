/** A section of a page as one module, and its expected output. */
export interface Snippet {
  readonly title: string;
  /** TypeScript code; a block marked `throws` is caught, and its message printed. */
  readonly code: string;
  readonly prints: readonly string[];
}

/** Import statements: of a list of names, or of a whole module. */
const IMPORT = /^import (?:\{([^}]*)\}|[^{;]+) from '([^']+)';$/gm;
const FENCE = /^```(\w+)( throws)?\n(.*?)^```$/gms;

/**
 * The ts blocks of a page. The blocks under one second-level heading form one module, in their order. A comment `// →
 * text` is an expected line of output; a block marked `throws` is followed by its message as a text block.
 */
export function snippetsOf(page: string): readonly Snippet[] {
  const [head = '', ...sections] = page.split(/^## /m);
  return [`\n${head}`, ...sections].flatMap((section) => {
    const title = section.split('\n', 1)[0]! || 'the beginning';
    const blocks = [...section.matchAll(FENCE)].map(([, language, throws, body]) => ({
      language,
      throws: throws !== undefined,
      body: body!,
    }));
    const code = blocks.filter(({ language }) => language === 'ts');
    if (code.length === 0) return [];
    const prints = blocks.flatMap(({ language, throws, body }, i) => {
      if (language !== 'ts') return [];
      const said = [...body.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line!);
      return throws ? [...said, messageAfter(title, blocks[i + 1])] : said;
    });
    const bodies = code.map(({ body, throws }) => (throws ? caught(rest(body)) : rest(body)));
    return [{ title, prints, code: [importsOf(code.map(({ body }) => body)), ...bodies].join('\n') }];
  });
}

function messageAfter(
  title: string,
  next: { readonly language: string | undefined; readonly body: string } | undefined,
): string {
  if (next?.language === 'text') return next.body.trimEnd();
  throw new Error(`${title}: a block that throws must be followed by its message in a text block`);
}

const rest = (body: string): string => body.replace(IMPORT, '');

const caught = (body: string): string => `{
  let message = 'nothing was thrown';
  try {
${body}
  } catch (error) {
    message = (error as Error).message;
  }
  console.log(message);
}`;

/** All imports of the blocks, each name once. */
function importsOf(bodies: readonly string[]): string {
  const names = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const [statement, list, source] of bodies.flatMap((body) => [...body.matchAll(IMPORT)])) {
    if (list === undefined) whole.add(statement);
    else {
      const known = names.get(source!) ?? new Set();
      for (const name of list.split(',').map((word) => word.trim())) if (name) known.add(name);
      names.set(source!, known);
    }
  }
  const lists = [...names].map(([source, list]) => `import { ${[...list].join(', ')} } from '${source}';`);
  return [...whole, ...lists, 'export {};'].join('\n');
}
