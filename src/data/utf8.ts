/** The text of bytes in UTF-8, also in hosts without TextDecoder. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  // Each byte is a character by now; those of one character beyond ASCII stand beside each other.
  return text.replace(/[\x80-\xff]+/g, (run) =>
    decodeURIComponent(run.replace(/./g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)),
  );
}

/** How many bytes one call is given; engines limit the count of arguments. */
const CHUNK = 8192;
