import { NormtapeError } from '../../error.js';
import { type BatchForm, type Kind, type Node, type Size, isInteger } from '../graph/node.js';
import { BINDING, type Text, atom, literal, tuple, within } from './text.js';

type Sized = Node<Size>;

/** What the code of a graph is written with. */
export interface Writing {
  /** The name of the function, for errors. */
  readonly where: string;
  /** The batch size. */
  batch(): string;
  /** A weight or a running statistic. */
  weight(name: string): Text;
  /** Numbers that no input changes. */
  table(node: Sized): Text;
}

/** The expression of a node from those of its inputs. */
type Write = (to: Writing, node: Sized, ...inputs: Text[]) => Text;

const number = ({ attributes }: Sized, name: string): number => attributes[name] as number;
const numbers = ({ attributes }: Sized, name: string): readonly number[] =>
  attributes[name] as readonly number[];

/** A size, which may be a multiple of the batch size. */
function sizeText(to: Writing, size: Size): string {
  if (typeof size === 'number') return String(size);
  if (size.batch === 1) return to.batch();
  return size.batch > 1 ? `${size.batch} * ${to.batch()}` : `${to.batch()} // ${Math.round(1 / size.batch)}`;
}

const shapeText = (to: Writing, shape: readonly Size[]): string =>
  tuple(shape.map((size) => sizeText(to, size)));

/** A value as a tensor of numbers. */
function tensor({ text, binding, is }: Text): Text {
  if (is === 'number') return atom(`number(${text})`);
  return is === 'condition'
    ? atom(`${within({ text, binding }, BINDING.atom)}.to(DTYPE)`)
    : { text, binding };
}

/** A value with which arithmetic is done: truth values are none. */
const numeric = (x: Text): Text => (x.is === 'condition' ? tensor(x) : x);

const call = (name: string, ...inputs: readonly (Text | string)[]): Text =>
  atom(`${name}(${inputs.map((one) => (typeof one === 'string' ? one : tensor(one).text)).join(', ')})`);

const method = (x: Text, name: string, ...given: readonly string[]): Text =>
  atom(`${within(tensor(x), BINDING.atom)}.${name}(${given.join(', ')})`);

const calling =
  (name: string): Write =>
  (_, __, ...inputs) =>
    call(name, ...inputs);

function operation(left: Text, sign: string, right: Text, binding: number): Text {
  const [a, b] = [numeric(left), numeric(right)];
  const is = a.is === 'number' && b.is === 'number' ? 'number' : undefined;
  return { text: `${within(a, binding)} ${sign} ${within(b, binding - 1)}`, binding, is };
}

const operator =
  (sign: string, binding: number): Write =>
  (_, __, a, b) =>
    operation(a!, sign, b!, binding);

const comparison =
  (sign: string): Write =>
  (_, __, a, b) => ({ ...operation(tensor(a!), sign, numeric(b!), BINDING.comparison), is: 'condition' });

const reduction =
  (name: string): Write =>
  (_, node, x) =>
    method(x!, name, `dim=${tuple(numbers(node, 'axes'))}`, 'keepdim=True');

/** Images with their channels first, as PyTorch has them. */
const channelsFirst = (x: Text): Text => method(x, 'permute', '0, 3, 1, 2');
const channelsLast = (x: Text): Text => method(x, 'permute', '0, 2, 3, 1');

/** Images with so much of a value around them; the order of F.pad is from the last axis on. */
function around(images: Text, [top, left, bottom, right]: readonly number[], value?: string): Text {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return images;
  const pads = tuple([left!, right!, top!, bottom!]);
  return call('F.pad', images, pads, ...(value === undefined ? [] : [`value=${value}`]));
}

const isEven = ([top, left, bottom, right]: readonly number[]): boolean => top === bottom && left === right;

/** The number that a form makes of k = factor · batch. */
function formOf(to: Writing, { attributes }: Sized): Text {
  const { factor, form } = attributes as { readonly factor: number; readonly form: BatchForm };
  const k = factor === 1 ? to.batch() : `(${factor} * ${to.batch()})`;
  const texts: Readonly<Record<BatchForm, string>> = {
    k,
    '1/k': `(1 / ${k})`,
    'k-1': `(${k} - 1)`,
    '1/(k-1)': `(1 / (${k} - 1))`,
    'k/(k-1)': `(${k} / (${k} - 1))`,
  };
  return { ...atom(texts[form]), is: 'number' };
}

const isNumber = ({ kind, shape, attributes }: Sized, value: number): boolean =>
  kind === 'constant' && shape.length === 0 && (attributes['data'] as readonly number[])[0] === value;

const refusing =
  (what: string): Write =>
  ({ where }, { place }) => {
    const received = place ? `${place.module}: ${place.op}` : what;
    const hint = 'With training: false it is written for inference alone.';
    throw new NormtapeError({ where, expected: `layers without ${what}`, received, hint });
  };

const unreachable: Write = () => {
  throw new Error('Only gradients have it.');
};

/** How each kind of node is written. */
export const KINDS: { readonly [K in Kind]: Write } = {
  input: () => atom('input'),
  weight: (to, { attributes }) => to.weight(attributes['name'] as string),
  constant: (to, node) => {
    const data = numbers(node, 'data');
    return node.shape.length === 0 && !isInteger(node) ? literal(data[0]!) : to.table(node);
  },
  size: formOf,
  abs: calling('torch.abs'),
  sqrt: calling('torch.sqrt'),
  exp: calling('torch.exp'),
  log: calling('torch.log'),
  tanh: calling('torch.tanh'),
  sin: calling('torch.sin'),
  cos: calling('torch.cos'),
  sigmoid: calling('torch.sigmoid'),
  erf: calling('torch.erf'),
  add: operator('+', BINDING.sum),
  sub: operator('-', BINDING.sum),
  mul: (_, __, a, b) =>
    b!.text === '-1.0'
      ? { text: `-${within(numeric(a!), BINDING.atom)}`, binding: BINDING.unary, is: a!.is }
      : operation(a!, '*', b!, BINDING.product),
  div: operator('/', BINDING.product),
  maximum: calling('torch.maximum'),
  minimum: calling('torch.minimum'),
  greater: comparison('>'),
  equal: comparison('=='),
  select: (_, { inputs }, condition, a, b) => {
    const [test, yes, no] = inputs as readonly [Sized, Sized, Sized];
    const isRelu = test.kind === 'greater' && test.inputs[0] === yes && isNumber(test.inputs[1]!, 0);
    if (isRelu && isNumber(no, 0)) return call('torch.relu', a!);
    const is = condition!.is === 'condition' ? condition!.text : `${within(condition!, BINDING.sum)} != 0`;
    return call('torch.where', is, a!, b!);
  },
  reshape: (to, { shape }, x) => {
    const unknown = shape.filter((size) => typeof size !== 'number').length;
    const sizes = shape.map((size) => (typeof size === 'number' || unknown > 1 ? sizeText(to, size) : '-1'));
    return method(x!, 'reshape', ...(sizes.length === 0 ? ['()'] : sizes));
  },
  expand: (to, { shape }, x) => method(x!, 'expand', shapeText(to, shape)),
  transpose: (_, node, x) => method(x!, 'permute', ...numbers(node, 'order').map(String)),
  slice: (to, { attributes }, x) => {
    const { axis, start, stop, step } = attributes as {
      readonly axis: number;
      readonly start: Size;
      readonly stop: Size;
      readonly step: number;
    };
    const [from, end] = [sizeText(to, start), sizeText(to, stop)];
    const range = `${from === '0' ? '' : from}:${end}${step === 1 ? '' : `:${step}`}`;
    return atom(
      `${within(tensor(x!), BINDING.atom)}[${[...Array<string>(axis).fill(':'), range].join(', ')}]`,
    );
  },
  pad: (to, { attributes }, x) => {
    const { before, after, value } = attributes as {
      readonly before: readonly Size[];
      readonly after: readonly Size[];
      readonly value: number;
    };
    const pads = before.map((size, axis) => [sizeText(to, size), sizeText(to, after[axis]!)]);
    return call('F.pad', x!, tuple(pads.reverse().flat()), `value=${literal(value).text}`);
  },
  concat: (_, node, ...parts) =>
    call(
      'torch.cat',
      `(${parts.map((part) => tensor(part).text).join(', ')})`,
      `dim=${number(node, 'axis')}`,
    ),
  gather: (_, __, x, ids) => atom(`${within(x!, BINDING.atom)}[${ids!.text}]`),
  scatterAdd: unreachable,
  oneHot: (_, node, ids) => atom(`F.one_hot(${ids!.text}, ${number(node, 'count')}).to(DTYPE)`),
  sum: reduction('sum'),
  mean: reduction('mean'),
  max: reduction('amax'),
  softmax: (_, node, x) => call('torch.softmax', x!, `dim=${number(node, 'axis')}`),
  logSoftmax: (_, node, x) => call('torch.log_softmax', x!, `dim=${number(node, 'axis')}`),
  matmul: (_, __, a, b) => operation(tensor(a!), '@', tensor(b!), BINDING.product),
  dropout: (to, node, x) => {
    const mask = node.attributes['mask'] as readonly Size[];
    const rate = literal(number(node, 'rate')).text;
    const isWhole = JSON.stringify(mask) === JSON.stringify(node.shape);
    if (isWhole) return call('F.dropout', x!, rate, 'self.training');
    const ones = method(x!, 'new_ones', shapeText(to, mask));
    return operation(x!, '*', call('F.dropout', ones, rate, 'self.training'), BINDING.product);
  },
  stop: (_, __, x) => method(x!, 'detach'),
  ruled: refusing('an approximate gradient of their own'),
  layerNorm: (to, node, x, gain, shift) => {
    const axis = number(node, 'axis');
    const hasGain = node.attributes['joins'] !== 'unit';
    return call(
      'F.layer_norm',
      x!,
      shapeText(to, node.shape.slice(axis)),
      ...(hasGain ? [gain!] : shift ? ['None'] : []),
      ...(shift ? [shift] : []),
      `eps=${literal(number(node, 'epsilon')).text}`,
    );
  },
  conv: (_, node, x, kernel) => {
    const pads = numbers(node, 'pads');
    const images = isEven(pads) ? channelsFirst(x!) : around(channelsFirst(x!), pads);
    const options = [
      ['stride', numbers(node, 'strides')],
      ['padding', isEven(pads) ? pads.slice(0, 2) : [0, 0]],
      ['dilation', numbers(node, 'dilations')],
    ] as const;
    const groups = number(node, 'groups');
    const slid = call(
      'F.conv2d',
      images,
      method(kernel!, 'permute', '3, 2, 0, 1'),
      ...options
        .filter(([name, value]) => value.some((n) => n !== (name === 'padding' ? 0 : 1)))
        .map(([name, value]) => `${name}=${tuple(value)}`),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
    );
    return channelsLast(slid);
  },
  maxPool: (_, node, x) => {
    const images = around(channelsFirst(x!), numbers(node, 'pads'), '-math.inf');
    const [size, stride] = [tuple(numbers(node, 'size')), tuple(numbers(node, 'strides'))];
    return channelsLast(call('F.max_pool2d', images, size, stride));
  },
  averagePool: (_, node, x) => {
    const pads = numbers(node, 'pads');
    const [size, stride] = [tuple(numbers(node, 'size')), tuple(numbers(node, 'strides'))];
    const images = channelsFirst(x!);
    const isPlain = pads.every((n) => n === 0);
    if (isPlain) return channelsLast(call('F.avg_pool2d', images, size, stride));
    // What lies beyond the images does not count.
    const sums = (of: Text): Text => call('F.avg_pool2d', around(of, pads), size, stride);
    const counted = sums(call('torch.ones_like', images));
    return channelsLast({ ...operation(sums(images), '/', counted, BINDING.product) });
  },
};
