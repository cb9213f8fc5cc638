/**
 * A benchmark run: every workload on every requested number of lanes and build, and on the peers. Measurements
 * alternate between ours and the peers' over several rounds, and the best counts: other load on the computer slows all
 * of them alike, so ratios stay comparable. The roof is measured again with each workload.
 */
import type { Wave } from "../compile/encode.js";
import { Opcode } from "../../assembly/opcode.js";
import { isKernel } from "../host/profile.js";
import { isWide } from "../host/kernels.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { type BenchBuild, type CreateRuntime, mergeFlag, refusals, roofOf, setMerging, startBuild } from "./builds.js";
import { describeMachine, type Machine } from "./machine.js";
import type { Peer, PeerTiming } from "./peer.js";
import { PeerTimings } from "./peer-timings.js";
import { profileFor } from "./profile.js";
import { betterRoof, measureRoof, type Roof } from "./roof.js";
import { bestOf } from "./timing.js";
import { benchTraining, type TrainingResult, type TrainingWorkload } from "./trainings.js";
import type { Workload } from "./workloads.js";

export interface BenchOptions {
  readonly createRuntime: CreateRuntime;
  readonly workloads: readonly Workload[];
  /** Timed against their own program, never against peers. */
  readonly trainings: readonly TrainingWorkload[];
  readonly threads: readonly number[];
  /** One that the engine refuses gives a note. */
  readonly builds: readonly BenchBuild[];
  readonly peers: readonly Peer[];
  /** Measurements of each. */
  readonly rounds: number;
  /** Seconds of one measurement. */
  readonly seconds: number;
  readonly onProgress?: (text: string) => void;
}

export interface BenchResult {
  readonly workload: string;
  readonly threads: number;
  readonly build: string;
  readonly ms: number;
  /** Counts products and convolutions in their direct form only. */
  readonly gflops: number;
  /** Share of the roof of that many lanes: of the build's own. */
  readonly roofShare: number;
  /** Share of the step that is not spent in kernels. */
  readonly overhead: number;
  readonly peers: readonly PeerTiming[];
}

/** A peer that was measured. */
export interface BenchPeer {
  readonly name: string;
  readonly version: string;
}

export interface BenchReport {
  /** End of the run, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly roof: Roof;
  readonly peers: readonly BenchPeer[];
  readonly results: readonly BenchResult[];
  /** `train()` compared with its program, in the first of the builds. */
  readonly trainings: readonly TrainingResult[];
  readonly notes: readonly string[];
}

/** A workload compiled for one build and number of lanes. */
interface Contender {
  readonly asked: BenchBuild;
  readonly runtime: Runtime;
  readonly program: Program;
  ms: number;
}

/** Times the workloads for each number of threads and each build, and the peers beside them. */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const { workloads, peers, seconds, createRuntime } = options;
  let roof: Roof | undefined;
  const gauged = options.builds.includes("wide") ? "wide" : "relaxed";
  const gauge = await startBuild(createRuntime, gauged, 1);
  const roofNow = () => {
    setMerging(gauged);
    return measureRoof(gauge, seconds / 4);
  };
  const measured: Omit<BenchResult, "roofShare">[] = [];
  const notes = new Set(peers.flatMap((peer) => peer.notes));
  const nodeFlags = isWide(gauge.info.build) ? [mergeFlag] : [];
  if (isWide(gauge.info.build) && peers.some(({ runsOnNode }) => runsOnNode))
    notes.add(`JavaScript peers run with Node's ${mergeFlag}, as the wide build does`);
  for (const workload of workloads) {
    roof = betterRoof(roof, await roofNow());
    measured.push(...(await benchWorkload(workload, options, { notes, nodeFlags })));
    roof = betterRoof(roof, await roofNow());
  }
  roof ??= await roofNow();
  await gauge.close();
  const trainings = await benchTrainings(options);
  const top = roof;
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    roof: top,
    peers: peers.map(({ name, version }) => ({ name, version })),
    results: measured.map((result) => ({
      ...result,
      roofShare: result.gflops / result.threads / roofOf(top, result.build),
    })),
    trainings,
    notes: [...notes],
  };
}

async function benchWorkload(
  workload: Workload,
  { createRuntime, threads, builds, peers, rounds, seconds, onProgress }: BenchOptions,
  { notes, nodeFlags }: { notes: Set<string>; nodeFlags: readonly string[] },
): Promise<Omit<BenchResult, "roofShare">[]> {
  const contenders: Contender[] = [];
  for (const count of threads) {
    for (const asked of builds) {
      const runtime = await startBuild(createRuntime, asked, count);
      const { build, lanes } = runtime.info;
      const refused = refusals(runtime, asked);
      for (const reason of refused) notes.add(reason);
      if (contenders.some(({ runtime: { info } }) => info.build === build && info.lanes === lanes)) {
        if (refused.length === 0) for (const reason of runtime.info.reasons) notes.add(reason);
        await runtime.close();
        continue;
      }
      contenders.push({ asked, runtime, program: workload.compile(runtime), ms: Number.POSITIVE_INFINITY });
    }
  }
  const timings = new PeerTimings(peers, { workload: workload.name, seconds, nodeFlags });
  for (let round = 0; round < rounds; round++) {
    onProgress?.(`${workload.name}: round ${round + 1} of ${rounds}`);
    for (const one of contenders) {
      setMerging(one.asked);
      one.ms = Math.min(one.ms, await bestOf((times) => one.program.run({}, { times }), seconds));
    }
    for (const note of await timings.measure(threads)) notes.add(note);
  }
  const results: Omit<BenchResult, "roofShare">[] = [];
  for (const { asked, runtime, program, ms } of contenders) {
    setMerging(asked);
    const kernels = (await profileFor(program, ms, seconds)).filter(isKernel);
    const inside = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    results.push({
      workload: workload.name,
      threads: runtime.info.lanes,
      build: runtime.info.build,
      ms,
      gflops: productFlops(program) / ms / 1e6,
      overhead: 1 - inside / ms,
      peers: timings.best,
    });
    await runtime.close();
  }
  return results;
}

async function benchTrainings({
  createRuntime,
  trainings,
  threads,
  builds,
  rounds,
  seconds,
  onProgress,
}: BenchOptions): Promise<TrainingResult[]> {
  const results: TrainingResult[] = [];
  for (const training of trainings) {
    for (const count of threads) {
      const runtime = await startBuild(createRuntime, builds[0], count);
      const known = results.some((one) => one.workload === training.name && one.threads === runtime.info.lanes);
      if (!known) results.push(await benchTraining(training, runtime, { rounds, seconds, onProgress }));
      await runtime.close();
    }
  }
  return results;
}

/** Floating-point operations of a step's products. */
export function productFlops(program: Program): number {
  const sum = (waves: readonly Wave[]): number =>
    waves.flat().reduce((total, { opcode, flops, body }) => {
      if (body) return total + body.loop.length * sum(body.waves);
      return total + (opcode === Opcode.Map ? 0 : flops);
    }, 0);
  return sum(program.compiled().waves);
}
