/** The bytes that pairs of hexadecimal digits stand for, in any host: `Buffer` is used only if it exists. */
export function bytesOfDigits(digits: string): Uint8Array {
  const { Buffer: buffers } = globalThis as unknown as {
    readonly Buffer?: { from(text: string, encoding: 'hex'): Uint8Array };
  };
  if (buffers) return buffers.from(digits, 'hex');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
