// Writes a model with one operator in the protocol buffers of ONNX: a field is a tag and a value, and a message starts
// with its length.

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const text = (value) => [...new TextEncoder().encode(value)];
const block = (field, bytes) => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
const whole = (field, value) => [...varint(field * 8), ...varint(value)];
const single = (field, value) => [...varint(field * 8 + 5), ...new Uint8Array(Float32Array.of(value).buffer)];

const [FLOAT_TYPE, STRING_TYPE, INT_TYPE] = [1, 3, 2];
const FLOAT32 = 1;

function attribute([name, value]) {
  if (typeof value === 'string')
    return [...block(1, text(name)), ...block(4, text(value)), ...whole(20, STRING_TYPE)];
  if (name === 'axis') {
    // −1, as the two's complement of 64 bits.
    const last = [...Array(9).fill(255), 1];
    return [...block(1, text(name)), ...varint(3 * 8), ...last, ...whole(20, INT_TYPE)];
  }
  return [...block(1, text(name)), ...single(2, value), ...whole(20, FLOAT_TYPE)];
}

function valueInfo([name, shape]) {
  const sizes = shape.flatMap((size) => block(1, whole(1, size)));
  const tensor = [...whole(1, FLOAT32), ...block(2, sizes)];
  return [...block(1, text(name)), ...block(2, block(1, tensor))];
}

/** The bytes of a model that applies one operator to its inputs, `{ name: shape }`; its output is y. */
export function model({ operator, attributes = {}, inputs, output, opset }) {
  const node = [
    ...Object.keys(inputs).flatMap((name) => block(1, text(name))),
    ...block(2, text('y')),
    ...block(4, text(operator)),
    ...Object.entries(attributes).flatMap((pair) => block(5, attribute(pair))),
  ];
  const graph = [
    ...block(1, node),
    ...block(2, text('benchmark')),
    ...Object.entries(inputs).flatMap((pair) => block(11, valueInfo(pair))),
    ...block(12, valueInfo(['y', output])),
  ];
  return Uint8Array.from([...whole(1, 8), ...block(7, graph), ...block(8, whole(2, opset))]);
}
