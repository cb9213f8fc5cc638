/** The kernel modules: which builds there are, and the one place where they are instantiated. */
import { instantiateSync } from "@assemblyscript/loader";
import { Build } from "../../assembly/opcode.js";
import { HostError } from "../errors.js";

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

/**
 * Instantiates a build on a memory.
 * @param wanted the build that the module must be: a bundler or a server may have put another file in its place, and a
 *   relaxed build would take the same bits away without a word
 * @throws {HostError} with code ERR_KERNELS_FOREIGN where module and host code are of different versions, or it is
 *   another build
 */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  wanted?: BuildName,
): Kernels {
  let kernels: Kernels;
  try {
    kernels = instantiateSync(module, { env: { memory } }).exports as unknown as Kernels;
    kernels.describe();
  } catch (cause) {
    // Without a wish the caller makes something of it; else it is a build for the other kind of memory, or no kernels.
    throw wanted ? anotherBuild(wanted, `one that does not start (${(cause as Error).message})`, cause) : cause;
  }
  const version = kernels.describe() >> Build.VersionShift;
  if (version !== buildVersion) {
    throw new HostError(`kernels: this package needs kernels of version ${buildVersion}, found version ${version}`, {
      code: "ERR_KERNELS_FOREIGN",
      hint: "take package and kernels from the same release",
    });
  }
  const found = buildName(kernels);
  if (wanted && found !== wanted) throw anotherBuild(wanted, found);
  return kernels;
}

const anotherBuild = (wanted: BuildName, found: string, cause?: unknown): HostError =>
  new HostError(`kernels: the build ${wanted} is needed here, found ${found}`, {
    code: "ERR_KERNELS_FOREIGN",
    hint: `a bundler or a server gives another file in place of genloom/kernels/${wanted}.wasm: pass createRuntime({ wasm: (build) => … })`,
    cause,
  });

/** Name of the build that a module says it is. */
export function buildName(kernels: Kernels): BuildName {
  const bits = kernels.describe();
  return `${bits & Build.Relaxed ? "relaxed" : "simd"}${bits & Build.Threads ? "-threads" : ""}`;
}
