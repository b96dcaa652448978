/** What hosts have for waiting; none has everything. */
interface Host {
  readonly document?: { readonly visibilityState: string };
  readonly performance?: { now(): number };
  readonly requestAnimationFrame?: (f: () => void) => unknown;
  readonly setImmediate?: (f: () => void) => unknown;
  readonly setTimeout?: (f: () => void, milliseconds: number) => unknown;
  readonly clearTimeout?: (timer: unknown) => void;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
}

interface Port {
  onmessage: unknown;
  postMessage(message: unknown): void;
  close(): void;
}

const host = (): Host => globalThis as unknown as Host;

/** Milliseconds since some time. */
export const now = (): number => host().performance?.now() ?? Date.now();

/** A page without frames for so many milliseconds is hidden, or has become so. */
const NO_FRAME = 100;

/**
 * Gives the event loop a turn. On a visible page, it ends after the next frame is drawn; elsewhere, once other tasks
 * have had their turn.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { document, requestAnimationFrame, setTimeout, clearTimeout } = host();
    if (requestAnimationFrame && document?.visibilityState === 'visible') {
      // A task from within a frame begins after the frame is drawn.
      const late = setTimeout?.(resolve, NO_FRAME);
      requestAnimationFrame(() => {
        clearTimeout?.(late);
        task(resolve);
      });
    } else task(resolve);
  });
}

/** Calls f in a task of its own. Timers come last: browsers delay them, most in hidden pages. */
function task(f: () => void): void {
  const { setImmediate, MessageChannel, setTimeout } = host();
  if (setImmediate) setImmediate(f);
  else if (MessageChannel) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      f();
    };
    port2.postMessage(undefined);
  } else if (setTimeout) setTimeout(f, 0);
  else f();
}
