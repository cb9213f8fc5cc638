/** A turn of the host's event loop: messages, signals, timers and a worker's end come in while nobody computes. */

/** Browsers hold timers back for milliseconds, so a message to oneself has to do there. */
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

/** Resolves in a later turn, some microseconds from now where nothing else waits. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => void defer(resolve));
}
