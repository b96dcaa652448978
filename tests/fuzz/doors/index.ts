import { type Door } from '../door.js';
import { exports } from './exports.js';
import { factory } from './factory.js';

/** Every door, in the order in which `npm run fuzz` takes them. */
export const doors: readonly Door[] = [factory, exports];
