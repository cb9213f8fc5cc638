/** Yielding to the host's event loop, so that it handles messages, signals, timers and the end of workers. */

/** Browsers delay timers by milliseconds, so a message to oneself is used there. */
function byMessage(then: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    port2.close();
    then();
  };
  port1.postMessage(0);
}

const { setImmediate } = globalThis as { setImmediate?: (then: () => void) => unknown };
const defer = setImmediate ?? (typeof MessageChannel === "function" ? byMessage : setTimeout);

/** Resolves in a later event loop tick, after some microseconds if nothing else is waiting. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => void defer(resolve));
}
