/** Exports of the kernels: run a program and resume it, serve as an additional lane, describe this build. */
export { resume, run, serve } from "./interpreter";
import { Build } from "./opcode";

/** Bits of `Build`: what this module was compiled for. */
export function describe(): i32 {
  return (
    (Build.Version << Build.VersionShift) |
    (ASC_FEATURE_RELAXED_SIMD ? Build.Relaxed : 0) |
    (WIDE ? Build.Wide : 0) |
    (ASC_FEATURE_THREADS ? Build.Threads : 0)
  );
}
