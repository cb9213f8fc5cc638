/**
 * Browsers, with kernels and worker within one module that loads nothing: for scopes that refuse `import()`, like
 * service workers, and as the script `genloom.classic.js` for pages from a disk.
 */
import * as relaxed from "../kernels/relaxed.js";
import * as relaxedThreads from "../kernels/relaxed-threads.js";
import * as simd from "../kernels/simd.js";
import * as simdThreads from "../kernels/simd-threads.js";
import { source } from "../browser/worker-text.js";
import type { Binding } from "../src/host/binding.js";
import { inflate } from "../src/host/inflate.js";
import type { BuildName } from "../src/host/kernels.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { compileBytes } from "../src/host/wasm-source.js";
import { pageBinding, workerFromText } from "./page.js";

export * from "../src/public.js";
export * as sequences from "../src/domains/public.js";
export * as tables from "../src/domains/tables/index.js";

const kernels = { simd, "simd-threads": simdThreads, relaxed, "relaxed-threads": relaxedThreads };

async function loadBuild(name: BuildName): Promise<WebAssembly.Module> {
  const { bytes } = kernels[name as keyof typeof kernels];
  return compileBytes(await inflate(bytes), `the inlined build ${name}`);
}

export const binding: Binding = {
  ...pageBinding(loadBuild, [() => workerFromText(source)]),
  mergeVectors: () => "genloom/single has no build wide",
};

/**
 * A runtime for this page or scope: in a worker where there can be one, otherwise in the calling thread. `runtime.info`
 * reports the build and the number of lanes, with the reasons.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
