/**
 * Characters that act on the program that shows them: control characters (C0, DEL, C1), line separators, marks and
 * overrides of the writing direction, byte order marks, and halves of surrogate pairs.
 */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u{feff}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Escapes an untrusted text to one harmless line: a newline becomes \n, an escape character \u001b, and so on. The
 * result can neither move a cursor nor forge a line or a reading order. Other text stays as it is.
 */
export const escaped = (text: string): string =>
  text.replace(
    ACTING,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The beginning of a text, with an ellipsis if it is longer; never cuts a surrogate pair. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(longest - 1));
  return `${text.slice(0, isHalf ? longest - 1 : longest)}…`;
}
