/** Decodes UTF-8, also in hosts without TextDecoder. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  // Each byte is a character by now; a character beyond ASCII is a run of such bytes.
  return text.replace(/[\x80-\xff]+/g, (run) =>
    decodeURIComponent(run.replace(/./g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)),
  );
}

/** Bytes per call: engines limit the number of arguments. */
const CHUNK = 8192;

/** Encodes a text as UTF-8, also in hosts without TextEncoder. It must not hold half of a surrogate pair. */
export function utf8Of(text: string): Uint8Array<ArrayBuffer> {
  // Of an escaped text, each character is a byte, or stands for one as %c3 does.
  const escaped = encodeURIComponent(text);
  const bytes = new Uint8Array(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] !== '%') bytes[length++] = escaped.charCodeAt(at);
    else {
      bytes[length++] = Number.parseInt(escaped.slice(at + 1, at + 3), 16);
      at += 2;
    }
  }
  return bytes.slice(0, length);
}
