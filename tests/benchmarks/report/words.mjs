/** A time in a suitable unit, with three digits. */
export function duration(nanoseconds) {
  const [scale, unit] =
    nanoseconds < 1e3
      ? [1, 'ns']
      : nanoseconds < 1e6
        ? [1e3, 'µs']
        : nanoseconds < 1e9
          ? [1e6, 'ms']
          : [1e9, 's'];
  return `${digits(nanoseconds / scale)} ${unit}`;
}

/** Three digits, or all digits before the point. */
export const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Two digits, or all digits before the point. */
export const ratio = (value) => (value >= 10 ? value.toFixed(0) : value.toPrecision(2));

export const percent = (share) => `${(100 * share).toFixed(0)} %`;

export const megabytes = (bytes) => `${digits(bytes / 2 ** 20)} MiB`;

export const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
