import type { Limits, Option, PartOption } from './option.js';
import { itemsOf } from './realm.js';

/** Whether an option takes a value; parts are read, and not asked about here. */
export function accepts(option: Exclude<Option, PartOption>, value: unknown): boolean {
  const items = itemsOf(value);
  switch (option.kind) {
    case 'number':
      return within(option, value);
    case 'numbers':
      return items !== undefined && items.every((item) => within(option, item));
    case 'number or word':
      return within(option, value) || option.words.some((word) => word === value);
    case 'number or null':
      return value === null || within(option, value);
    case 'seed':
      return Number.isSafeInteger(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'choice':
      return option.choices.some((choice) => choice === value);
    case 'axis':
      return Number.isInteger(value);
    case 'axes':
      return items
        ? (items.length > 0 || option.empty === true) && items.every(Number.isInteger)
        : Number.isInteger(value);
    case 'text':
      return typeof value === 'string';
  }
}

function within(limits: Limits, value: unknown): boolean {
  const { above = -Infinity, below = Infinity, min = -Infinity, max = Infinity, whole } = limits;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (whole && !Number.isInteger(value)) return false;
  return value > above && value < below && value >= min && value <= max;
}
