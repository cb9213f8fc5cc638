/** The kernel modules: names of the builds, and the only place where they are instantiated. */
import { Build } from "../../assembly/opcode.js";
import { HostError } from "../errors.js";
import { instantiate } from "./instantiate.js";
import type { WasmMemory, WasmModule } from "../web-types.js";

/** Names of the six builds, as files and as subpath exports. */
export type BuildName = "simd" | "simd-threads" | "relaxed" | "relaxed-threads" | "wide" | "wide-threads";

/** Whether a build is for merged vectors. */
export const isWide = (build: BuildName): boolean => build.startsWith("wide");

/** Exports of a kernel module. */
export interface Kernels {
  /** Runs `times` iterations of the program at an address on lane 0; returns a `Status`. */
  run(program: number, times: number): number;
  /** Continues a run that returned `Status.Waiting`, `Status.Paused` or `Status.Exchange`. */
  resume(): number;
  /** Runs programs as another lane until `Control.Quit` is set. */
  serve(lane: number): void;
  /** Bits of `Build`. */
  describe(): number;
}

export const buildVersion = Build.Version as number;

/**
 * Instantiates a build on a memory.
 * @param wanted the build that the module must be: a bundler or server may have substituted another file, and a relaxed
 *   build would silently break bit equality
 * @throws {HostError} with code ERR_KERNELS_FOREIGN if the module and the host code have different versions, or the
 *   module is not the build `wanted`
 */
export async function instantiateKernels(module: WasmModule, memory: WasmMemory, wanted?: BuildName): Promise<Kernels> {
  let kernels: Kernels;
  try {
    kernels = (await instantiate(module, memory)) as Kernels;
    kernels.describe();
  } catch (cause) {
    // If a build was asked for, the module is a build for the other kind of memory, or not ours. If none was asked for,
    // the caller interprets the error.
    throw wanted ? anotherBuild(wanted, `one that does not start (${(cause as Error).message})`, cause) : cause;
  }
  const version = kernels.describe() >> Build.VersionShift;
  if (version !== buildVersion) {
    throw new HostError(`kernels: kernels of this package must have version ${buildVersion}, found ${version}`, {
      code: "ERR_KERNELS_FOREIGN",
      hint: "take package and kernels from the same release",
    });
  }
  const found = buildName(kernels);
  if (wanted && found !== wanted) throw anotherBuild(wanted, found);
  return kernels;
}

const anotherBuild = (wanted: BuildName, found: string, cause?: unknown): HostError =>
  new HostError(`kernels: the build must be ${wanted} here, found ${found}`, {
    code: "ERR_KERNELS_FOREIGN",
    hint: `a bundler or a server substitutes another file for genloom/kernels/${wanted}.wasm: pass createRuntime({ wasm: (build) => … })`,
    cause,
  });

/** Name of a module's build, from its own description. */
export function buildName(kernels: Kernels): BuildName {
  const bits = kernels.describe();
  return `${bits & Build.Wide ? "wide" : bits & Build.Relaxed ? "relaxed" : "simd"}${bits & Build.Threads ? "-threads" : ""}`;
}
