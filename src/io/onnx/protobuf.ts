import { PbfWriter } from 'pbf';
import type { Place } from '../graph/node.js';

// The messages of ONNX that are written, with the numbers of their fields in onnx.proto.

/** Types of the elements of a tensor. */
export const TYPES = { float32: 1, int64: 7, bool: 9, float64: 11 } as const;

export type ElementType = keyof typeof TYPES;

/** A tensor that the file holds. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** An attribute of an operation: a whole number, a list of them, { float }, or text. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number } | string;

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** The call of the model that it comes from; not written. */
  readonly place?: Place | undefined;
}

/** An input or output of the graph; a text is the name of a size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** The version of the format that came with opset 17. */
const IR_VERSION = 8;
export const OPSET = 17;

/** A model as the bytes of an .onnx file. */
export function onnxBytes(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'normtape');
  pbf.writeMessage(7, writeGraph, graph);
  pbf.writeMessage(8, (_: null, to) => to.writeVarintField(2, OPSET), null);
  return Uint8Array.from(pbf.finish());
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: OnnxGraph, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const tensor of initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode({ op, name, inputs, outputs, attributes }: OnnxNode, pbf: PbfWriter): void {
  for (const one of inputs) pbf.writeStringField(1, one);
  for (const one of outputs) pbf.writeStringField(2, one);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, op);
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute);
}

/** The kinds of attributes, as onnx.proto numbers them. */
const KINDS = { float: 1, int: 2, string: 3, ints: 7 } as const;

function writeAttribute([name, value]: readonly [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, KINDS.int);
  } else if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    pbf.writeVarintField(20, KINDS.string);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, KINDS.float);
  } else {
    for (const one of value) pbf.writeVarintField(8, one);
    pbf.writeVarintField(20, KINDS.ints);
  }
}

function writeTensor({ name, type, shape, data }: OnnxTensor, pbf: PbfWriter): void {
  for (const size of shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, TYPES[type]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, littleEndian(type, data));
}

/** The elements as bytes, the lowest first. */
function littleEndian(type: ElementType, data: ArrayLike<number>): Uint8Array {
  const width = type === 'float32' ? 4 : 8;
  const view = new DataView(new ArrayBuffer(data.length * width));
  for (let i = 0; i < data.length; i++) {
    if (type === 'float32') view.setFloat32(i * 4, data[i]!, true);
    else if (type === 'float64') view.setFloat64(i * 8, data[i]!, true);
    else view.setBigInt64(i * 8, BigInt(data[i]!), true);
  }
  return new Uint8Array(view.buffer);
}

function writeValue({ name, type, shape }: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeType, { type, shape });
}

/** TypeProto.tensor_type, with its element type and shape. */
const writeType = (value: Omit<OnnxValue, 'name'>, pbf: PbfWriter): void =>
  pbf.writeMessage(1, writeTensorType, value);

function writeTensorType({ type, shape }: Omit<OnnxValue, 'name'>, pbf: PbfWriter): void {
  pbf.writeVarintField(1, TYPES[type]);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: OnnxValue['shape'], pbf: PbfWriter): void {
  for (const size of shape) pbf.writeMessage(1, writeSize, size);
}

function writeSize(size: number | string, pbf: PbfWriter): void {
  if (typeof size === 'number') pbf.writeVarintField(1, size);
  else pbf.writeStringField(2, size);
}
