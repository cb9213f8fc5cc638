/**
 * Edge runtimes like Vercel's: a `.wasm?module` import is a compiled module. Next compiles all that a bundle imports, when it
 * builds and when it starts, so here is the one build that every engine takes: Node 20 has no relaxed SIMD.
 */
import simd from "../kernels/simd.wasm?module";
import type { Binding } from "../src/host/binding.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { edgeBinding } from "./edge-host.js";

export * from "../src/public.js";

export const binding: Binding = edgeBinding({ simd });

/**
 * A runtime for an edge runtime: one lane, nothing is compiled at run time. `memory` (default 112 MiB) limits what the
 * kernels use; beyond it an OutOfMemoryError is thrown.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
