/** Ctrl-C and SIGTERM: the first signal saves and stops, the second stops at once. */
import { constants } from "node:os";

export interface Interrupts {
  readonly signal: AbortSignal;
  /** Restores the host's handling of the signals. */
  stop(): void;
}

/** Listens for both signals; `announce` is called once, at the first. */
export function catchInterrupts(announce: () => void): Interrupts {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
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
