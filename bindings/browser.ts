/** Browsers: the engine in a worker, lanes in more workers, kernels inlined so that no bundler needs configuration. */
import type { Binding } from "../src/host/binding.js";
import { loadInlined } from "../src/host/inlined.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import { pageBinding, type Spawn, workerFromText } from "./page.js";

export * from "../src/public.js";

/** The worker's script beside this one: the form that Vite and webpack recognise, and its path on a static server. */
const fromFile: Spawn = () =>
  new Worker(new URL("../browser/worker.js", import.meta.url), { type: "module", name: "genloom" });

/** The same script from text, for bundlers that did not copy the file. */
const fromText: Spawn = async () => workerFromText((await import("../browser/worker-text.js")).source);

export const binding: Binding = pageBinding(loadInlined, [fromFile, fromText]);

/**
 * A runtime for this page. It runs in a worker, so the page stays responsive; on cross-origin isolated pages it has one
 * lane per core. `runtime.info` reports the build and the number of lanes, with the reasons.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
