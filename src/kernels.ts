/** The kernel modules: which builds there are, and the one place where they are instantiated. */
import { instantiateSync } from "@assemblyscript/loader";
import { Build } from "../assembly/opcode.js";
import { HostError } from "./errors.js";

/** Names of the four builds, as files and as subpath exports. */
export type BuildName = "simd" | "simd-threads" | "relaxed" | "relaxed-threads";

/** What a kernel module exports. */
export interface Kernels {
  /** Runs the program at an address a number of times on lane 0; gives a `Status`. */
  run(program: number, times: number): number;
  /** Goes on with a run that gave `Status.Waiting`. */
  resume(): number;
  /** Serves as another lane until told to quit. */
  serve(lane: number): void;
  /** Bits of `Build`. */
  describe(): number;
}

export const buildVersion = Build.Version as number;

/** Instantiates a build on a memory. Throws HostError where module and host code are of different versions. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = instantiateSync(module, { env: { memory } });
  const kernels = exports as unknown as Kernels;
  const version = kernels.describe() >> Build.VersionShift;
  if (version !== buildVersion) {
    throw new HostError(`kernels: this package needs kernels of version ${buildVersion}, found version ${version}`, {
      code: "ERR_KERNELS_FOREIGN",
      hint: "take package and kernels from the same release",
    });
  }
  return kernels;
}

/** Name of the build that a module says it is. */
export function buildName(kernels: Kernels): BuildName {
  const bits = kernels.describe();
  return `${bits & Build.Relaxed ? "relaxed" : "simd"}${bits & Build.Threads ? "-threads" : ""}`;
}
