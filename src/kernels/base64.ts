const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes base64 in any host: `atob` and `Buffer` are used only if they exist. */
export function bytesOf(base64: string): Uint8Array {
  const { Buffer: buffers, atob: decode } = globalThis as unknown as {
    readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array };
    readonly atob?: (text: string) => string;
  };
  // Node's own way takes a tenth of the time of a loop that has never run before.
  if (buffers) return buffers.from(base64, 'base64');
  if (!decode) return decoded(base64);
  const text = decode(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function decoded(base64: string): Uint8Array {
  const letters = base64.replace(/[\s=]/g, '');
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let bits = 0;
  for (let i = 0, at = 0; i < letters.length; i++) {
    bits = (bits << 6) | LETTERS.indexOf(letters[i]!);
    // Every letter but the first of four completes a byte.
    const rest = 6 - 2 * (i % 4);
    if (rest < 6) bytes[at++] = bits >> rest;
  }
  return bytes;
}
