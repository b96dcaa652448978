import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { DryRunStatus, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';
import { relative, resolve } from 'node:path';
import process from 'node:process';

// Stryker's own runner for Mocha reaches into files that Mocha 12 has renamed; this one keeps to what is public.

const { NAMESPACE } = INSTRUMENTER_CONSTANTS;

/** Loads the test files once, and runs those tests that a mutant asks for, up to the first failure. */
class MochaRunner {
  static inject = ['options'];

  #context = (globalThis[NAMESPACE] ??= {});
  #loaded = false;
  #mocha = new Mocha({ bail: true, timeout: 0, reporter: function silent() {} });

  constructor({ testFiles }) {
    this.#mocha.cleanReferencesAfterRun(false);
    for (const file of testFiles) this.#mocha.addFile(resolve(file));
    const context = this.#context;
    this.#mocha.suite.beforeEach(function () {
      context.currentTestId = idOf(this.currentTest);
    });
  }

  capabilities() {
    return { reloadEnvironment: false }; // An ES module is loaded once.
  }

  async dryRun() {
    const result = await this.#run();
    return result.status === DryRunStatus.Complete
      ? { ...result, mutantCoverage: this.#context.mutantCoverage }
      : result;
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    this.#context.hitCount = hitLimit === undefined ? undefined : 0;
    this.#context.hitLimit = hitLimit;
    if (mutantActivation === 'static') this.#context.activeMutant = activeMutant.id;
    return toMutantRunResult(await this.#run(testFilter, activeMutant.id));
  }

  async #run(wanted, mutant) {
    const context = this.#context;
    try {
      if (!this.#loaded) await this.#mocha.loadFilesAsync();
      this.#loaded = true;
      context.activeMutant = mutant;
      const titles = wanted && new Set(wanted);
      this.#mocha.grep(titles ? { test: (title) => titles.has(title) } : /./);
      const tests = [];
      await new Promise((done) => {
        const report = (test, status, error) =>
          tests.push({
            id: idOf(test),
            name: idOf(test),
            fileName: test.file && relative(process.cwd(), test.file),
            timeSpentMs: test.duration ?? 0,
            status,
            ...(error && { failureMessage: String(error.message ?? error).slice(0, 300) }),
          });
        this.#mocha
          .run(() => done())
          .on('pass', (test) => report(test, TestStatus.Success))
          .on('fail', (test, error) => report(test, TestStatus.Failed, error));
      });
      return context.hitCount > context.hitLimit
        ? { status: DryRunStatus.Timeout, reason: 'A loop ran far longer than without the mutant.' }
        : { status: DryRunStatus.Complete, tests };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: String(error?.stack ?? error) };
    }
  }
}

const idOf = (test) => test.fullTitle();

export const strykerPlugins = [{ kind: 'TestRunner', name: 'mocha', injectableClass: MochaRunner }];
