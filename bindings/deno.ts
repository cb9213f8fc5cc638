/** Deno: kernels inlined (no permission to read files needed), lanes in Web Workers. */
import type { Binding } from "../src/host/binding.js";
import { loadInlined } from "../src/host/inlined.js";
import { LocalEngine } from "../src/host/local-engine.js";
import { mostBytes } from "../src/host/memory.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { startLane } from "./web-lane.js";

export * from "../src/public.js";

declare const Deno: { version: { deno: string } };

export const binding: Binding = {
  host: "deno",
  version: Deno.version.deno,
  concurrency: navigator.hardwareConcurrency,
  memory: mostBytes,
  // No `mergeVectors`: V8's flags are given when Deno starts (--v8-flags), and cannot be read.
  loadBuild: loadInlined,
  startEngine: (options) => LocalEngine.start(options, startLane),
  readSaved: async (path) => (await import("../src/train/saved-path.js")).readSaved(path),
};

/**
 * A runtime for this host: it uses the fastest kernels that the host accepts, and one lane per core if memory can be
 * shared. `runtime.info` reports both choices with the reasons.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
