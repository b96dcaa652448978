import { type Door } from '../door.js';
import { csv } from './csv.js';
import { exports } from './exports.js';
import { factory } from './factory.js';
import { idx } from './idx.js';
import { io } from './io/index.js';
import { resume } from './resume.js';
import { sizes } from './sizes.js';
import { state } from './state.js';
import { validate } from './validate.js';

/** All doors, in the order of `npm run fuzz`. */
export const doors: readonly Door[] = [factory, validate, csv, idx, ...io, state, resume, exports, sizes];
