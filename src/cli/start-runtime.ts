/** The runtime of a command. The command line's process is genloom's own, so V8's flags may be set in it. */
import type { Runtime } from "../host/runtime.js";
import { binding, createRuntime } from "../index.js";
import type { HostOptions } from "./options.js";

/** A runtime for a command's options; with --wide auto, V8's flag is set first if the host can. */
export function startRuntime({ threads, deterministic = false, wide }: HostOptions): Promise<Runtime> {
  if (wide === "auto" && !deterministic) binding.mergeVectors?.(true);
  return createRuntime({ threads, deterministic, wide: wide === "auto" ? wide : wide === "on" });
}
