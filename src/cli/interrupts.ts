/** Ctrl-C, SIGTERM, and SIGUSR2, which srun and mpirun hand on: the first signal saves and stops, the second stops at once. */
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
const sameRequest = 1000;

const signals: readonly NodeJS.Signals[] = [
  ...(["SIGINT", "SIGTERM"] as const),
  ...(process.platform === "win32" ? [] : (["SIGUSR2"] as const)),
];

/** Listens for the signals; `announce` is called once, at the first. */
export function catchInterrupts(announce: () => void): Interrupts {
  const controller = new AbortController();
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
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of signals) process.off(name, listener);
    },
  };
}
