/** Ctrl-C and SIGTERM: the first signal saves and stops, the second stops at once. */
import { constants } from "node:os";

export interface Interrupts {
  readonly signal: AbortSignal;
  /** Restores the host's handling of the signals. */
  stop(): void;
}

/**
 * Milliseconds within which a second signal is the first one again: a terminal, a batch system or `npx` signals a whole
 * group of processes, and a parent among them hands the signal on.
 */
const sameRequest = 500;

/** Listens for both signals; `announce` is called once, at the first. */
export function catchInterrupts(announce: () => void): Interrupts {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  let first = 0;
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      if (performance.now() - first < sameRequest) return;
      process.exit(128 + constants.signals[name]);
    }
    first = performance.now();
    announce();
    controller.abort();
  };
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
