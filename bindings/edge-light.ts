/** Edge runtimes like Vercel's: a `.wasm?module` import is a compiled module. */
import relaxed from "../kernels/relaxed.wasm?module";
import simd from "../kernels/simd.wasm?module";
import type { Binding } from "../src/host/binding.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { edgeBinding } from "./edge-host.js";

export * from "../src/public.js";

export const binding: Binding = edgeBinding({ simd, relaxed });

/**
 * A runtime for an edge runtime: one lane, nothing is compiled at run time. `memory` (default 112 MiB) limits what the
 * kernels use; beyond it an OutOfMemoryError is thrown.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
