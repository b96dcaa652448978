// Pages in Chromium, from a server of their own.
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { judged } from './program.mjs';
import { chromium } from './tools.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** Serves the files of a folder, under a policy. */
async function serving(folder, policy) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const file = join(folder, normalize(pathname));
    if (!file.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    if (policy) response.setHeader('content-security-policy', policy);
    response
      .setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      .end(readFileSync(file));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** The title of a page once the program has written its result into it. Reads it as a user would: a policy forbids more. */
export async function titleOf(page, address) {
  const complaints = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(address);
  for (let tries = 0; tries < 300; tries++) {
    const title = await page.title();
    if (title.startsWith('{')) return title;
    if (complaints.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(complaints.join('\n') || 'The page did not finish within 30 seconds.');
}

/** Opens a page of a folder in Chromium; returns the kernels that ran there. */
export async function opened(folder, path, { policy, kernels = 'wasm' } = {}) {
  const { browser, version } = await chromium();
  const server = await serving(folder, policy);
  const page = await browser.newPage();
  try {
    const title = await titleOf(page, `${server.origin}/${path}`);
    return { version, kernels: judged(title, kernels) };
  } finally {
    await page.close();
    server.close();
  }
}
