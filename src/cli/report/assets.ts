import { existsSync, readFileSync } from 'node:fs';

/** The script and the style sheet of the report. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** Reads them from the files next to the command in the package, or bundles them in the source tree. */
export async function assets(): Promise<Assets> {
  const beside = (name: string): URL => new URL(`./${name}`, import.meta.url);
  if (existsSync(beside('page.js'))) {
    const [script, style] = ['page.js', 'page.css'].map((name) => readFileSync(beside(name), 'utf8'));
    return { script: script!, style: style! };
  }
  const bundler = new URL('../../../scripts/report-page.mjs', import.meta.url).href;
  const { reportPage } = (await import(bundler)) as { reportPage(): Promise<Assets> };
  return reportPage();
}
