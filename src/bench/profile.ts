/** Where a step's time goes: every command's time beside that of the whole step. */
import type { Program, ProfileEntry } from "../program.js";
import type { Runtime } from "../runtime.js";
import { bestOf } from "./timing.js";
import type { Workload } from "./workloads.js";

export interface WorkloadProfile {
  readonly workload: string;
  readonly threads: number;
  readonly build: string;
  /** Of the whole step; the commands' times add up to less. */
  readonly ms: number;
  readonly commands: readonly ProfileEntry[];
}

export interface ProfileOptions {
  readonly createRuntime: (options: { threads: number; deterministic: boolean }) => Promise<Runtime>;
  readonly threads: number;
  readonly deterministic: boolean;
  /** Of the step's timing, and again of the commands'. */
  readonly seconds: number;
}

export async function profileWorkload(workload: Workload, options: ProfileOptions): Promise<WorkloadProfile> {
  const { createRuntime, threads, deterministic, seconds } = options;
  const runtime = await createRuntime({ threads, deterministic });
  const program = workload.compile(runtime);
  const ms = await bestOf((times) => program.run({}, { times }), seconds);
  const commands = await profileFor(program, ms, seconds);
  await runtime.close();
  return { workload: workload.name, threads: runtime.info.lanes, build: runtime.info.build, ms, commands };
}

/** Profiles a program whose step takes `ms` for about `seconds`. */
export function profileFor(program: Program, ms: number, seconds: number): Promise<ProfileEntry[]> {
  return program.profile({}, Math.max(3, Math.min(500, Math.ceil((seconds * 1000) / ms))));
}
