/** A turn of the host's event loop, so that messages, signals, timers and terminations of workers are handled. */

/** Browsers delay timers by milliseconds, so a message to the same thread is used there. */
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

/** Resolves in a later turn of the event loop: after some microseconds if nothing else is queued. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => void defer(resolve));
}
