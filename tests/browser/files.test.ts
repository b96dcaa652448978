import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { whereBuilt } from '../package/built.js';
import { describeInBrowser } from './chromium.js';

/** Trains a small network on exclusive or, and writes whether it learned, and on which kernels, into the title. */
const TRAIN = `
  const { Adam, ConfigurableModel, crossEntropy, kernelInfo, tensor } = normtape;
  const features = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const labels = [0, 1, 1, 0];
  const model = new ConfigurableModel({ classes: 2, hidden: [8], normalization: 'layer_norm', seed: 1 });
  const optimizer = new Adam({ learningRate: 0.05 });
  const pairs = normtape.data.dataset('xor', features, labels, ['equal', 'unequal']);
  normtape.train.fit(model, pairs, { loss: crossEntropy, optimizer, epochs: 200, seed: 1 });
  const loss = crossEntropy(model.forward(features), labels).item();
  document.title = [loss < 0.1, kernelInfo().kernels].join(' ');
`;

const integrity = (): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync('dist/browser/integrity.json', 'utf8')) as Record<string, string>;

const RANDOM = [
  'distribution/uniformFloat64',
  'distribution/uniformInt',
  'generator/mersenne',
  'generator/xoroshiro128plus',
];
const MAP = {
  imports: {
    normtape: '/dist/index.js',
    'normtape/train': '/dist/train/index.js',
    'normtape/data': '/dist/data/index.js',
    ...Object.fromEntries(
      RANDOM.map((path) => [`pure-rand/${path}`, `/node_modules/pure-rand/lib/esm/${path}.js`]),
    ),
  },
};

/** Each page loads what it needs from this server alone, under its policy. */
const PAGES: Readonly<Record<string, { readonly html: () => string; readonly policy: string }>> = {
  'a classic script, with its integrity, where WebAssembly is allowed': {
    html: () =>
      `<script src="/dist/browser/normtape.global.js" integrity="${integrity()['normtape.global.js']}"></script><script src="/train.js"></script>`,
    policy: "script-src 'self' 'wasm-unsafe-eval'",
  },
  'a module in one file, where only own scripts are allowed': {
    html: () => `<script type="module" src="/module.js"></script>`,
    policy: "script-src 'self'",
  },
  'modules by an import map, without a bundler': {
    html: () =>
      `<script type="importmap">${JSON.stringify(MAP)}</script><script type="module" src="/mapped.js"></script>`,
    policy: "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
  },
};

const SCRIPTS: Readonly<Record<string, string>> = {
  '/train.js': TRAIN,
  '/module.js': `import * as normtape from '/dist/browser/normtape.js'; ${TRAIN}`,
  '/mapped.js': `import * as all from 'normtape'; import * as train from 'normtape/train'; import * as data from 'normtape/data'; const normtape = { ...all, train, data }; ${TRAIN}`,
};

describeInBrowser('the files for pages without a bundler', (browser) => {
  let server: Server | undefined;
  let origin: string;
  before(whereBuilt('dist/browser/normtape.js'));
  before(async () => {
    const listening = createServer(({ url = '' }, response) => {
      const page = PAGES[decodeURIComponent(url.slice(1))];
      const file = `.${url}`;
      if (page) {
        response.setHeader('content-security-policy', page.policy);
        response.setHeader('content-type', 'text/html').end(`<title>-</title><body>${page.html()}</body>`);
      } else if (SCRIPTS[url] !== undefined || (/^\/(dist|node_modules)\//.test(url) && existsSync(file))) {
        response.setHeader('content-type', 'text/javascript').end(SCRIPTS[url] ?? readFileSync(file));
      } else response.writeHead(404).end();
    });
    server = listening;
    await once(listening.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  });
  after(() => server?.close());

  for (const [title, { policy }] of Object.entries(PAGES)) {
    it(`train by ${title}`, async () => {
      const page = await browser().newPage();
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      await page.goto(`${origin}/${encodeURIComponent(title)}`);
      // What waits in the page itself compiles a string.
      for (let tries = 0; tries < 100 && (await page.title()) === '-'; tries++)
        await new Promise((resolve) => setTimeout(resolve, 200));
      expect(complaints).to.deep.equal([]);
      expect(await page.title()).to.match(policy.includes('wasm') ? /^true wasm/ : /^true js$/);
      await page.close();
    });
  }
});
