import type { BatchShape } from '../graph/inputs.js';
import { comment } from '../source/names.js';
import type { Forward, Part } from './forward.js';
import { tuple } from './text.js';

interface Stated {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable?: boolean;
}

/** What a file of source code is written from. */
export interface Source {
  readonly title: string;
  /** The class or the norm of each module by its path. */
  readonly types: ReadonlyMap<string, string>;
  readonly input: BatchShape;
  readonly tokens: boolean;
  readonly dtype: 'float32' | 'float64';
  readonly parameters: readonly Stated[];
  readonly statistics: readonly Stated[];
  readonly tables: () => readonly Stated[];
  readonly inference: Forward;
  readonly training: Forward | undefined;
}

const READ = `
def read_safetensors(path):
    """The tensors of a safetensors file by name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        dtype = {"F32": torch.float32, "F64": torch.float64}[entry["dtype"]]
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=dtype) if end > begin else torch.empty(0, dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def load(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.safetensors")):
    """The model with the weights of a file, in training mode."""
    model = Model()
    for name, tensor in read_safetensors(path).items():
        model[name].data.copy_(tensor)
    return model

`;

const NUMBER = `def number(value):
    """A number as a tensor."""
    return torch.tensor(value, dtype=DTYPE)

`;

const ACCESS = `
    def place(self, name):
        """The module that holds a weight, which is made if there is none, and the last part of the name."""
        *path, last = name.split(".")
        owner = self
        for part in path:
            owner = owner._modules.setdefault(part, nn.Module())
        return owner, last

    def __getitem__(self, name):
        """A weight, a running statistic or a table by name."""
        owner, last = self.place(name)
        return owner._parameters[last] if last in owner._parameters else owner._buffers[last]
`;

const MOVE = `
    def move(self, name, value):
        """Replaces a running statistic. The old one stays as it is for the backward pass."""
        owner, last = self.place(name)
        owner._buffers[last] = value.detach()
`;

/** The text of model.py. */
export function sourceOf(source: Source): string {
  const { title, input, tokens, dtype, inference, training } = source;
  const body = forwardLines(source, inference, training);
  const text = body.join('\n');
  const shape = input.map(String).join(', ');
  const kind = tokens ? 'ids of tokens' : `torch.${dtype}`;
  return [
    `"""${comment(title)} for PyTorch: input [${shape}], ${kind}. Written by normtape (exportPyTorch).`,
    '',
    '    model = load()  # With the weights of model.safetensors beside this file.',
    '    model.eval()',
    '"""',
    'import json',
    ...(/\bmath\./.test(text) ? ['import math'] : []),
    'import os',
    '',
    'import torch',
    'from torch import nn',
    'from torch.nn import functional as F',
    '',
    `DTYPE = torch.${dtype}`,
    '',
    ...stated(
      '# Weights by name, with their shapes: inputs come before outputs.',
      'WEIGHTS',
      source.parameters,
    ),
    ...stated(
      '# Weights that are not trained.',
      'FROZEN',
      source.parameters.filter(({ trainable }) => !trainable),
    ),
    ...stated('# Running statistics.', 'STATISTICS', source.statistics),
    ...stated('# Numbers that stay, and are not part of the state.', 'TABLES', source.tables()),
    READ,
    ...(/\bnumber\(/.test(text) ? [NUMBER] : []),
    'class Model(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    '        for name, shape in WEIGHTS.items():',
    '            owner, last = self.place(name)',
    '            weight = nn.Parameter(torch.zeros(shape, dtype=DTYPE), requires_grad=name not in FROZEN)',
    '            owner._parameters[last] = weight',
    '        for name, shape in STATISTICS.items():',
    '            owner, last = self.place(name)',
    '            owner._buffers[last] = torch.zeros(shape, dtype=DTYPE)',
    '        for name, shape in TABLES.items():',
    '            owner, last = self.place(name)',
    '            owner.register_buffer(last, torch.zeros(shape, dtype=DTYPE), persistent=False)',
    ACCESS.trimEnd(),
    ...(/self\.move\(/.test(text) ? [MOVE.trimEnd()] : []),
    '',
    ...body,
    '',
  ].join('\n');
}

const stated = (about: string, name: string, all: readonly Stated[]): readonly string[] => [
  about,
  ...(all.length === 0
    ? [`${name} = {}`]
    : [`${name} = {`, ...all.map((one) => `    ${JSON.stringify(one.name)}: ${tuple(one.shape)},`), '}']),
  '',
];

/** The method forward: one for both modes if their parts go together, or else a method for each. */
function forwardLines(
  { types }: Source,
  inference: Forward,
  training: Forward | undefined,
): readonly string[] {
  const heading = ({ module }: Part): string => {
    const type = types.get(module);
    return `# ${comment(type === undefined ? module : `${module}: ${type}`)}`;
  };
  const batch = ({ batchAxis }: Forward): readonly string[] =>
    batchAxis === undefined ? [] : [`batch = input.shape[${batchAxis}]`, ''];
  const alone = (name: string, forward: Forward): readonly string[] => [
    `    def ${name}(self, input):`,
    ...indented(2, [
      ...batch(forward),
      ...forward.parts.flatMap((part) => [heading(part), ...part.lines, '']),
      `return ${forward.returned}`,
    ]),
  ];
  if (!training) return alone('forward', inference);
  if (!goTogether(inference, training)) {
    return [
      '    def forward(self, input):',
      '        return self.forward_training(input) if self.training else self.forward_inference(input)',
      '',
      ...alone('forward_training', training),
      '',
      ...alone('forward_inference', inference),
    ];
  }
  const parts = inference.parts.flatMap((part, i) => {
    const other = training.parts[i]!;
    if (part.lines.join('\n') === other.lines.join('\n')) return [heading(part), ...part.lines, ''];
    const lines = ['if self.training:', ...indented(1, other.lines), 'else:', ...indented(1, part.lines)];
    return [heading(part), ...lines, ''];
  });
  const { batchAxis } = inference.batchAxis === undefined ? training : inference;
  return [
    '    def forward(self, input):',
    ...indented(2, [...batch({ ...inference, batchAxis }), ...parts, `return ${inference.returned}`]),
  ];
}

/** Whether the parts of both modes are of the same modules, and give each other values of the same names. */
const goTogether = (a: Forward, b: Forward): boolean =>
  a.returned === b.returned &&
  a.parts.length === b.parts.length &&
  a.parts.every(({ module, results, lines }, i) => {
    const other = b.parts[i]!;
    const isSame = module === other.module && results.join() === other.results.join();
    return isSame && lines.length > 0 && other.lines.length > 0;
  });

const indented = (depth: number, lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `${'    '.repeat(depth)}${line}`));
