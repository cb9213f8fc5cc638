/** Edge runtimes: precompiled modules, one lane, limited memory. */
import type { Binding } from "../src/host/binding.js";
import { LocalEngine } from "../src/host/local-engine.js";

/** Kernel builds as compiled modules, from the host's bundler. */
export interface EdgeModules {
  readonly simd: WebAssembly.Module;
  readonly relaxed?: WebAssembly.Module;
}

/** The binding of an edge host, whose kernels are modules that the caller imported. */
export function edgeBinding({ simd, relaxed }: EdgeModules): Binding {
  return {
    host: "edge",
    version: globalThis.navigator?.userAgent ?? "unknown",
    concurrency: 1,
    noLanes: "edge runtimes cannot start workers",
    ...(relaxed ? {} : { noRelaxed: "this host compiles what is imported, also where its engine does not have it" }),
    // An isolate has 128 MiB; the rest is for JavaScript.
    memory: 112 * 2 ** 20,
    loadBuild: async (name) => (relaxed && name.startsWith("relaxed") ? relaxed : simd),
    mergeVectors: () => "edge runtimes choose the flags of their engine",
    startEngine: (options) => LocalEngine.start(options),
  };
}
