/**
 * Browsers, with the kernels as separate .wasm files beside the package: smaller and cacheable, for bundlers that copy
 * assets.
 */
import type { Binding } from "../src/host/binding.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { loadModule } from "../src/host/wasm-source.js";
import { binding as inlinedBinding } from "./browser.js";

export * from "../src/public.js";

// Literal URLs, so that bundlers find the files.
const addresses = {
  simd: () => new URL("../kernels/simd.wasm", import.meta.url),
  "simd-threads": () => new URL("../kernels/simd-threads.wasm", import.meta.url),
  relaxed: () => new URL("../kernels/relaxed.wasm", import.meta.url),
  "relaxed-threads": () => new URL("../kernels/relaxed-threads.wasm", import.meta.url),
  wide: () => new URL("../kernels/wide.wasm", import.meta.url),
  "wide-threads": () => new URL("../kernels/wide-threads.wasm", import.meta.url),
};

export const binding: Binding = { ...inlinedBinding, loadBuild: (name) => loadModule(addresses[name](), {}) };

/** A runtime for this page whose kernels are fetched as .wasm files; otherwise like `createRuntime` of the package. */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
