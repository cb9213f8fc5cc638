/**
 * Runtimes that nobody holds: their engines are ended when the garbage collector finds them. It looks at JavaScript's memory
 * alone, so it is made to look where the host has no more memory for another runtime.
 */
import type { Engine } from "./engine.js";

/** Runtimes that were neither closed nor found yet. */
let open = 0;

// Absent in older edge runtimes.
const registry =
  globalThis.FinalizationRegistry &&
  new FinalizationRegistry<Engine>((engine) => {
    open--;
    engine.close().catch(() => undefined);
  });

/** Ends a runtime's engine once nobody holds the runtime. */
export function endWithout(runtime: object, engine: Engine): void {
  open++;
  registry?.register(runtime, engine, runtime);
}

/** For a runtime that was closed. */
export function forget(runtime: object): void {
  if (registry?.unregister(runtime)) open--;
}

/** Milliseconds until the memory of workers that were terminated is back. */
const delay = 500;

/** Has dropped runtimes found; resolves with whether there is reason to ask the host for memory again. */
export async function collectDropped(): Promise<boolean> {
  const before = open;
  try {
    // Engines collect garbage before they refuse a memory.
    new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  } catch {
    // As the caller was refused one.
  }
  if (before > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  return open < before;
}
