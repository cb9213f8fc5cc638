/** The kernel builds that a run measures, and how each is asked for. */
import { setFlagsFromString } from "node:v8";
import type { Runtime } from "../host/runtime.js";
import type { Roof } from "./roof.js";

/** `wide`: relaxed SIMD in 256-bit operations; `relaxed`: in 128-bit ones; `simd`: without relaxed SIMD, deterministic. */
export type BenchBuild = "wide" | "relaxed" | "simd";

/** `createRuntime` of the package. */
export type CreateRuntime = (options: {
  readonly threads: number;
  readonly deterministic: boolean;
  readonly wide: boolean;
}) => Promise<Runtime>;

/** V8's flag that merges pairs of 128-bit operations. Peers on Node run with it where the wide build does. */
export const mergeFlag = "--experimental-wasm-revectorize";

/** Whether this process has set V8's flag. */
let merging = false;

/**
 * Sets V8's flag for a build before it runs: functions are optimised while they run, and those of `relaxed` and `simd`
 * would be merged in part, which is not what a user of these builds gets.
 */
export function setMerging(build: BenchBuild): void {
  const wanted = build === "wide" && Number.parseInt(process.versions.node, 10) >= 24 && process.arch === "x64";
  if (wanted !== merging) setFlagsFromString(wanted ? mergeFlag : mergeFlag.replace("--", "--no-"));
  merging = wanted;
}

/** A runtime of this build; where the engine refuses it, of another, and `info` says which. */
export function startBuild(createRuntime: CreateRuntime, build: BenchBuild, threads: number): Promise<Runtime> {
  setMerging(build);
  return createRuntime({ threads, deterministic: build === "simd", wide: build === "wide" });
}

/** Why a runtime is not of the build that was asked for; empty if it is. */
export function refusals({ info: { build, reasons } }: Runtime, asked: BenchBuild): readonly string[] {
  if (build.startsWith(asked)) return [];
  return reasons.length > 0 ? reasons : [`the build ${asked} is not available here: ${build} is measured in its place`];
}

/** GFLOP/s of one core that a build's products could reach. */
export function roofOf({ fma, mulAdd, wide }: Roof, build: string): number {
  if (build.startsWith("simd")) return mulAdd;
  return (build.startsWith("wide") ? wide : undefined) ?? fma ?? mulAdd;
}
