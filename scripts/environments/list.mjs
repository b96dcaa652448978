// Every environment: its group, its name, and a function that runs the program there.
import { bundlers } from './bundlers.mjs';
import { compilers } from './compilers.mjs';
import { pages } from './pages.mjs';
import { runtimes } from './runtimes.mjs';

export const environments = [...runtimes, ...compilers, ...bundlers, ...pages];
