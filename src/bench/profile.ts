/** A step's time, split by command. */
import type { ProfileEntry } from "../host/profile.js";
import type { Program } from "../host/program.js";
import { type BenchBuild, type CreateRuntime, startBuild } from "./builds.js";
import { bestOf } from "./timing.js";
import type { Workload } from "./workloads.js";

export interface WorkloadProfile {
  readonly workload: string;
  readonly threads: number;
  readonly build: string;
  /** Milliseconds of the whole step. Its entries sum to less; the rest is lanes waiting for each other. */
  readonly ms: number;
  readonly commands: readonly ProfileEntry[];
}

export interface ProfileOptions {
  readonly createRuntime: CreateRuntime;
  readonly threads: number;
  readonly build: BenchBuild;
  /** Seconds for the step's timing, and again for the commands'. */
  readonly seconds: number;
}

/** Times a step of the workload, then each of its commands. */
export async function profileWorkload(workload: Workload, options: ProfileOptions): Promise<WorkloadProfile> {
  const { createRuntime, threads, build, seconds } = options;
  const runtime = await startBuild(createRuntime, build, threads);
  const program = workload.compile(runtime);
  const ms = await bestOf((times) => program.run({}, { times }), seconds);
  const commands = await profileFor(program, ms, seconds);
  await runtime.close();
  return { workload: workload.name, threads: runtime.info.lanes, build: runtime.info.build, ms, commands };
}

/**
 * Profiles a program whose step takes `ms`, for about `seconds`: a round measures three long steps, or about ten short
 * ones after its warm-up.
 */
export function profileFor(program: Program, ms: number, seconds: number): Promise<ProfileEntry[]> {
  const round = ms < 5 ? 10 * ms + 5 : 3 * ms;
  return program.profile({}, Math.max(3, Math.min(500, Math.ceil((seconds * 1000) / round))));
}

/** Entries of one kind, combined. */
export interface ProfileGroup {
  /** First word of their labels: `matmul`, `map`, `conv2d`. */
  readonly kind: string;
  readonly count: number;
  readonly milliseconds: number;
  readonly gflops: number;
}

/** Time per kind of command, the longest first. */
export function groupEntries(entries: readonly ProfileEntry[]): ProfileGroup[] {
  const groups = new Map<string, { count: number; milliseconds: number; work: number }>();
  for (const { label, milliseconds, gflops } of entries) {
    const kind = kindOf(label);
    const { count, milliseconds: sum, work } = groups.get(kind) ?? { count: 0, milliseconds: 0, work: 0 };
    groups.set(kind, { count: count + 1, milliseconds: sum + milliseconds, work: work + gflops * milliseconds });
  }
  return [...groups]
    .map(([kind, { count, milliseconds, work }]) => ({
      kind,
      count,
      milliseconds,
      gflops: milliseconds > 0 ? work / milliseconds : 0,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** `conv2d 4x4 [...]` -> `conv2d`, `conv2d 4x4 [...] winograd 4x4 + map ...` -> `conv2d winograd` */
function kindOf(label: string): string {
  const [command] = label.split(" + ");
  const [kind, second] = command.split(" ");
  if (kind === "winograd") return `${kind} ${second}`;
  return / winograd \d+x\d+$/.test(command) ? `${kind} winograd` : kind;
}
