/**
 * Runtimes that nobody holds: their engines are ended when the garbage collector finds them. It looks at JavaScript's memory
 * alone, so it is made to look where the host has no more memory for another runtime.
 */
import type { Engine } from "./engine.js";

/** Runtimes that were neither closed nor found yet. */
let open = 0;

const end = (engine: Engine) => {
  open--;
  engine.close().catch(() => undefined);
};

const registry = typeof FinalizationRegistry === "function" ? new FinalizationRegistry(end) : undefined;

/** Ends a runtime's engine once nobody holds the runtime. */
export function endWithout(runtime: object, engine: Engine): void {
  if (!registry) return;
  open++;
  registry.register(runtime, engine, runtime);
}

/** For a runtime that was closed. */
export function forget(runtime: object): void {
  if (registry?.unregister(runtime)) open--;
}

/** Milliseconds between two looks, and how many: a terminated worker's memory comes back some turns later. */
const [interval, looks] = [50, 10];

/**
 * Has dropped runtimes found and waits for their memory.
 * @returns whether there is reason to ask the host again
 */
export async function collectDropped(): Promise<boolean> {
  const before = open;
  if (before === 0) return false;
  try {
    // Engines collect garbage before they refuse a memory.
    new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  } catch {
    // As the caller was refused one.
  }
  for (let look = 0; look < looks; look++) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    if (open < before && look > 1) return true;
  }
  return false;
}
