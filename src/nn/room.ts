import { ContextVariable } from '../context.js';
import { NormtapeError } from '../error.js';

/** How much may still be made: numbers in weights, and modules. */
export interface Room {
  elements: number;
  modules: number;
}

const room = new ContextVariable<Room | undefined>('room', undefined);

/** Whether modules are made whose weights are replaced before anybody sees them: their initial numbers are zeros then. */
export const areWeightsReplaced = (): boolean => room.value !== undefined;

/**
 * Runs f, in which modules can be made only as far as there is room: a file that is read may claim any number of layers,
 * and any size. Initial weights are zeros.
 */
export const makingWithin = <Y>(most: Room, f: () => Y): Y => room.run({ ...most }, f);

/** Takes room; throws, in the name of `where`, if there is none left. */
export function demandRoomFor(what: keyof Room, count: number, where: string): void {
  const left = room.value;
  if (!left) return;
  if (!(count <= left[what])) {
    const expected = `no more ${what === 'modules' ? 'modules' : 'numbers in weights'} than the file has`;
    throw new NormtapeError({ where, expected, received: count });
  }
  left[what] -= count;
}
