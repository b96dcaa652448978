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
