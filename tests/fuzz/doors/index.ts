import { type Door } from '../door.js';
import { factory } from './factory.js';
import { resume } from './resume.js';
import { state } from './state.js';

/** Every door, in the order in which `npm run fuzz` takes them. */
export const doors: readonly Door[] = [factory, state, resume];
