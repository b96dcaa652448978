// A page that saves a state in IndexedDB and loads it again.
import { Dense, Sequential, createNormalizationLayer, kernelInfo, ones, setKernels } from 'normtape';

/** The part of IndexedDB that is used here; the TypeScript settings of the project have no DOM types. */
interface Asking {
  readonly result: never;
  readonly error: unknown;
  onsuccess: () => void;
  onerror: () => void;
}
interface Places {
  put(value: unknown, key: string): Asking;
  get(key: string): Asking;
}
interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: string): { objectStore(name: string): Places };
}
const { indexedDB } = globalThis as unknown as {
  readonly indexedDB: { open(name: string): Asking & { onupgradeneeded: () => void } };
};

type State = ReturnType<Sequential['stateDict']>;

const done = <T>(asking: Asking): Promise<T> =>
  new Promise((resolve, reject) => {
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(new Error(String(asking.error)));
  });

export interface Kept {
  readonly kernels: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const made = (seed: number): Sequential =>
  new Sequential([new Dense(3, { seed }), createNormalizationLayer('batch_norm'), new Dense(2, { seed })]);

/** The numbers of a state before it is saved to IndexedDB, and of a model that loads it from there. */
export async function keep(kernels: 'js' | 'wasm'): Promise<Kept> {
  setKernels(kernels);
  const [one, other] = [made(1), made(2)];
  for (const model of [one, other]) model.forward(ones([4, 5]));
  one.loadStateDict({ ...one.stateDict(), 'layers.2.bias': [NaN, -Infinity] });
  const opening = indexedDB.open(`states of ${kernels}`);
  opening.onupgradeneeded = () => (opening.result as Database).createObjectStore('states');
  const database = await done<Database>(opening);
  const places = () => database.transaction('states', 'readwrite').objectStore('states');
  await done(places().put(one.stateDict(), 'model'));
  other.loadStateDict(await done<State>(places().get('model')));
  const numbers = (model: Sequential) =>
    Object.entries(model.stateDict()).map(([name, { data }]) => `${name}: ${data.join()}`);
  return { kernels: kernelInfo().kernels, before: numbers(one), after: numbers(other) };
}
