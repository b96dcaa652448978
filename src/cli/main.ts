import { Supervisor } from './supervisor.js';

new Supervisor(process.argv.slice(2));
