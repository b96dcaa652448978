// Pieces of a page.

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export const code = (text: string, language = 'ts'): string => `\`\`\`${language}\n${text}\n\`\`\``;
export const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
export const unstopped = (sentence: string): string => sentence.replace(/\.$/, '');
export const lower = (sentence: string): string => sentence[0]!.toLowerCase() + sentence.slice(1);

export const paragraphs = (...parts: readonly (string | false | undefined)[]): string =>
  `${parts.filter(Boolean).join('\n\n')}\n`;

/** A page with the part between `<!-- name -->` and `<!-- /name -->` replaced. */
export const replaced = (page: string, name: string, part: string): string =>
  page.replace(new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`), (_, from: string, to: string) =>
    [from, part, to].join('\n\n'),
  );
