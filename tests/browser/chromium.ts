import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Describes tests in a browser. Without one they are skipped, with a message; NORMTAPE_BROWSER=required makes that a
 * failure.
 */
export function describeInBrowser(title: string, body: (browser: () => Browser) => void): void {
  describe(title, function () {
    this.timeout(60_000);
    let browser: Browser | undefined;

    before(async function () {
      if (!existsSync(EXECUTABLE) && process.env['NORMTAPE_BROWSER'] !== 'required') {
        console.log(`    skipped: no browser at ${EXECUTABLE}; CHROMIUM can name another`);
        this.skip();
      }
      browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
    });

    after(() => browser?.close());

    body(() => browser!);
  });
}
