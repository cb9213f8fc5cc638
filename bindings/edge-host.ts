/** Edge runtimes: modules compiled beforehand, one lane, a budget of memory. */
import type { Binding } from "../src/host/binding.js";
import { LocalEngine } from "../src/host/local-engine.js";

/** Kernel builds as the host's bundler hands them over. */
export interface EdgeModules {
  readonly simd: WebAssembly.Module;
  readonly relaxed: WebAssembly.Module;
}

export function edgeBinding({ simd, relaxed }: EdgeModules): Binding {
  return {
    host: "edge",
    version: globalThis.navigator?.userAgent ?? "unknown",
    concurrency: 1,
    noLanes: "edge runtimes start no workers",
    // An isolate has 128 MiB; what is left is for JavaScript.
    memory: 112 * 2 ** 20,
    loadBuild: async (name) => (name.startsWith("relaxed") ? relaxed : simd),
    startEngine: (options) => LocalEngine.start(options),
  };
}
