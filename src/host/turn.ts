/** A turn of the host's event loop, so that messages, signals, timers and terminations of workers are handled. */

type Defer = (then: () => void) => unknown;

/** Browsers delay timers by milliseconds, so a message to the same thread is used there. */
function byMessage(then: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    port2.close();
    then();
  };
  port1.postMessage(0);
}

const { setImmediate, setTimeout } = globalThis as { setImmediate?: Defer; setTimeout: Defer };

/** Ways into a later turn, the quickest first. */
const ways = [setImmediate, typeof MessageChannel === "function" && byMessage, setTimeout].filter((way) => !!way);

/** Takes the first way that works: in Next's edge runtime there are some that throw when they are called. */
function defer(then: () => void): void {
  const [way = setTimeout] = ways;
  try {
    way(then);
  } catch (error) {
    if (ways.length < 2) throw error;
    ways.shift();
    defer(then);
  }
}

/** Resolves in a later turn of the event loop: after some microseconds if nothing else is queued. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => defer(resolve));
}
