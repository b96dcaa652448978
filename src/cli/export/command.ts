import { type Command, Option as Flag } from 'commander';
import { resolve } from 'node:path';
import { NormtapeError } from '../../error.js';
import { loadModel } from '../../io/model/load.js';
import { registerNorm } from '../../io/model/registry.js';
import type { BatchShape } from '../../io/graph/inputs.js';
import type { Module } from '../../nn/module.js';
import { NormalizationLayer } from '../../norms/layer.js';
import { readBytes, writeAllWhole } from '../files.js';
import { fittedTable } from '../fitted-table.js';
import { exitCodeOf } from '../interruption.js';
import { parseNumber } from '../flags.js';
import { importScript } from '../norms/import.js';
import { ownNorms, splitNames } from '../norms/named.js';
import { patientBar } from '../progress.js';
import { type Terminal, linesOf } from '../terminal.js';
import { inTurns } from '../turns.js';
import { inputShape } from './input.js';
import { type Became, type Exported, TARGETS } from './targets.js';
import { type TrainingFlags, lossNames, optimizerNames, trainingOf } from './training.js';

/** The flags of `normtape export`. */
export interface ExportFlags extends TrainingFlags {
  readonly to: string;
  readonly input: BatchShape;
  readonly out?: string;
  readonly tokens?: boolean;
  readonly inference?: boolean;
  /** Script files that export your own norms, separated by commas. */
  readonly norms?: string;
  /** Script files that register your own modules, separated by commas. */
  readonly modules?: string;
  readonly json?: boolean;
}

/** Declares the flags of `normtape export`. */
export function declareExport(command: Command, aboutNorms: string): Command {
  const targets = Object.entries(TARGETS).map(([name, { about }]) => `${name} (${about})`);
  return command
    .argument('<model>', 'a file written by saveModel')
    .description('Write a saved model for another engine, and list what each layer became.')
    .addOption(
      new Flag('--to <target>', `the target: ${targets.join('; ')}`)
        .choices(Object.keys(TARGETS))
        .makeOptionMandatory(),
    )
    .addOption(
      new Flag('--input <sizes>', "the shape of the input, with 'batch' for any batch size: batch,12")
        .argParser(inputShape)
        .makeOptionMandatory(),
    )
    .option(
      '--out <path>',
      'the output path without an extension (default: the path of the model without its extension)',
    )
    .option('--tokens', 'the input is token ids: whole numbers')
    .option(
      '--inference',
      'write PyTorch source for inference only, if the model cannot be written for training',
    )
    .addOption(
      new Flag('--loss <loss>', 'the loss of a training step; crossEntropy takes labels').choices(lossNames),
    )
    .addOption(
      new Flag(
        '--optimizer <optimizer>',
        'the optimizer of a training step; without it, the file returns gradients',
      ).choices(optimizerNames),
    )
    .option('--learning-rate <number>', 'the learning rate of the first step', parseNumber)
    .option('--clip <number>', 'the maximum global norm of the gradients', parseNumber)
    .option('--norms <files>', aboutNorms)
    .option(
      '--modules <files>',
      'script files that call registerModule for your own modules, separated by commas',
    )
    .option('--json', 'print the result as JSON, and nothing else');
}

/** Exports a model, and prints what each layer became; returns the exit code. */
export async function exportCommand(file: string, flags: ExportFlags, terminal: Terminal): Promise<number> {
  for (const { norm } of (await ownNorms(splitNames(flags.norms ?? ''))).values()) registerNorm(norm);
  for (const script of splitNames(flags.modules ?? '').filter(Boolean))
    await importScript(script, resolve(script));
  const stem = flags.out ?? file.replace(/\.safetensors$/i, '');
  const watcher = patientBar(3, flags.json ? { screen: undefined } : terminal);
  const work = exporting(file, stem, flags);
  const done = await inTurns(work, terminal.interrupted, (subject) => {
    watcher.start(subject);
    watcher.step(0);
  }).finally(() => watcher.stop());
  if (!done) {
    terminal.tell('Interrupted: nothing was written.');
    return exitCodeOf(terminal.interrupted);
  }
  const { paths, layers, sizes } = done;
  if (flags.json) {
    const files = paths.map((path, i) => ({ path, bytes: sizes[i]! }));
    terminal.print(linesOf(JSON.stringify({ files, layers }, undefined, 2)));
    return 0;
  }
  const rows = layers.map(({ layer, is, became }) => [layer, is, became]);
  terminal.print(linesOf(fittedTable(terminal.width, ['layer', 'is', 'became'], rows)));
  paths.forEach((path, i) => terminal.print(`${path}: ${sizes[i]!} bytes`));
  return 0;
}

/** Reads, exports and writes; yields what it does next. */
function* exporting(file: string, stem: string, flags: ExportFlags) {
  yield 'reading';
  const { model, extras } = named(file, () => loadModel(readBytes(file)));
  yield `exporting to ${flags.to}`;
  const { make, isTraining } = TARGETS[flags.to]!;
  const stray = (['loss', 'optimizer', 'learningRate', 'clip'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (!isTraining && stray !== undefined)
    throw new NormtapeError({
      where: `--${stray === 'learningRate' ? 'learning-rate' : stray}`,
      expected: 'to be left out, since no training step is written',
      received: flags[stray],
      hint: '--to onnx-training writes one.',
    });
  const exported = make(model, {
    input: flags.input,
    tokens: flags.tokens ?? false,
    isInference: flags.inference ?? false,
    dtype: model.parameters().every(({ dtype }) => dtype === 'float64') ? 'float64' : 'float32',
    training: isTraining ? trainingOf(model, extras, flags) : undefined,
  });
  yield 'writing';
  const contents = Object.entries(exported.files).map(
    ([end, content]) => [`${stem}${end}`, content] as const,
  );
  const same = contents.find(([path]) => resolve(path) === resolve(file));
  if (same) {
    const expected = 'another path than that of the model';
    throw new NormtapeError({ where: '--out', expected, received: same[0] });
  }
  writeAllWhole(contents);
  return {
    paths: contents.map(([path]) => path),
    sizes: contents.map(([, content]) => Buffer.byteLength(content)),
    layers: withTypes(model, exported),
  };
}

/** The class of each layer, or the type of its norm, beside what it became. */
function withTypes(model: Module, { layers }: Exported): readonly (Became & { readonly is: string })[] {
  const modules = new Map(model.namedModules());
  const places = [...modules.keys()];
  // What is no path, such as functions in a Sequential, comes after the layers.
  const place = (layer: string): number => places.indexOf(layer) >>> 0;
  const inOrder = [...layers].sort((a, b) => place(a.layer) - place(b.layer));
  return inOrder.map(({ layer, became }) => {
    const module = modules.get(layer);
    const is =
      module instanceof NormalizationLayer ? module.definition.type : (module?.constructor.name ?? '');
    return { layer, is, became };
  });
}

/** Runs f; errors name the file. */
function named<Y>(file: string, f: () => Y): Y {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof NormtapeError) || error.report.where.startsWith(file)) throw error;
    const { report } = error;
    throw new NormtapeError({ ...report, where: `${file}: ${report.where}` });
  }
}
