import { readFileSync, writeFileSync } from 'node:fs';

const IMPORT = /^import (\w+) from "fast-check";$/m;

const checked = (name) => `import { createRequire } from "node:module";
const ${name} = (() => {
	try {
		return createRequire(import.meta.url)("fast-check").default;
	} catch (cause) {
		if (cause?.code !== "MODULE_NOT_FOUND") throw cause;
		throw new NormtapeError({
			where: "normtape/verify",
			expected: "the package fast-check, version 4",
			received: "nothing of that name",
			hint: "Add it with npm install --save-dev fast-check."
		});
	}
})();`;

/**
 * Writes an entry point again with an import of fast-check that can fail with our own error. A static import fails
 * before any of our code runs, and a top-level await prevents `require` from loading the module. Only Node gets this
 * file, because other tools may not know `import.meta`.
 */
export function checkPeer(from, to) {
  const code = readFileSync(from, 'utf8');
  if (!IMPORT.test(code) || !/\bNormtapeError\b/.test(code)) throw new Error(`${from} imports no fast-check`);
  writeFileSync(
    to,
    code.replace(IMPORT, (_, name) => checked(name)),
  );
}
