import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist',
      'runs',
      'coverage',
      'tests/conformance/vectors',
      'src/kernels/wasm/assembly',
      'src/kernels/wasm/binaries.ts',
      'src/kernels/wasm/exports.ts',
      'src/kernels/js/generated',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      eqeqeq: 'error',
      'no-self-compare': 'off', // x !== x is how a kernel finds a NaN.
      'no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off', // An index that a loop has just bounded.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }], // The types of a public namespace.
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
      ],
    },
  },
  {
    files: ['eslint.config.js', 'scripts/**', 'tests/benchmarks/**'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        TextEncoder: 'readonly',
        setTimeout: 'readonly',
      },
    },
    rules: { 'no-restricted-syntax': 'off' },
  },
);
