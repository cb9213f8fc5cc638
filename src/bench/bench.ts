/**
 * A benchmark run: every workload on every requested number of lanes and build, and on the peers. Measurements
 * alternate between ours and the peers' over several rounds, and the best counts: other load on the computer slows all
 * of them alike, so ratios stay comparable. The roof is measured again with each workload.
 */
import type { Wave } from "../compile/encode.js";
import { Opcode } from "../../assembly/opcode.js";
import { isKernel } from "../host/profile.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { describeMachine, type Machine } from "./machine.js";
import { type Peer, type PeerTiming, timePeer } from "./peer.js";
import { profileFor } from "./profile.js";
import { betterRoof, measureRoof, type Roof } from "./roof.js";
import { bestOf } from "./timing.js";
import { benchTraining, type TrainingResult, type TrainingWorkload } from "./trainings.js";
import type { Workload } from "./workloads.js";

export interface BenchOptions {
  /** Creates a runtime; `createRuntime` of the package. */
  readonly createRuntime: (options: { threads: number; deterministic: boolean }) => Promise<Runtime>;
  readonly workloads: readonly Workload[];
  /** Timed against their own program, never against peers. */
  readonly trainings: readonly TrainingWorkload[];
  readonly threads: readonly number[];
  /** false: the fastest build for the engine; true: without relaxed SIMD. */
  readonly deterministic: readonly boolean[];
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
  /** Share of the roof of that many lanes: fused in relaxed builds. */
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
  readonly runtime: Runtime;
  readonly program: Program;
  ms: number;
}

/** Times the workloads for each number of threads and each build, and the peers beside them. */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const { workloads, peers, seconds, createRuntime } = options;
  let roof: Roof | undefined;
  const gauge = await createRuntime({ threads: 1, deterministic: false });
  const measured: Omit<BenchResult, "roofShare">[] = [];
  const notes = new Set(peers.flatMap((peer) => peer.notes));
  for (const workload of workloads) {
    roof = betterRoof(roof, await measureRoof(gauge, seconds / 4));
    measured.push(...(await benchWorkload(workload, options, notes)));
    roof = betterRoof(roof, await measureRoof(gauge, seconds / 4));
  }
  roof ??= await measureRoof(gauge, seconds / 4);
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
      roofShare:
        result.gflops / result.threads / (result.build.startsWith("relaxed") ? (top.fma ?? top.mulAdd) : top.mulAdd),
    })),
    trainings,
    notes: [...notes],
  };
}

async function benchWorkload(
  workload: Workload,
  { createRuntime, threads, deterministic, peers, rounds, seconds, onProgress }: BenchOptions,
  notes: Set<string>,
): Promise<Omit<BenchResult, "roofShare">[]> {
  const contenders: Contender[] = [];
  for (const count of threads) {
    for (const plain of deterministic) {
      const runtime = await createRuntime({ threads: count, deterministic: plain });
      const { build, lanes, reasons } = runtime.info;
      if (contenders.some(({ runtime: { info } }) => info.build === build && info.lanes === lanes)) {
        for (const reason of reasons) notes.add(reason);
        await runtime.close();
        continue;
      }
      contenders.push({ runtime, program: workload.compile(runtime), ms: Number.POSITIVE_INFINITY });
    }
  }
  const timings = new Map<string, PeerTiming>();
  // Peers, or "peer threads", that gave no timings and are not asked again.
  const silent = new Set<string>();
  const ask = async (peer: Peer, count: number) => {
    if (silent.has(peer.name) || silent.has(`${peer.name} ${count}`)) return;
    const answer = await timePeer(peer, { workload: workload.name, threads: count, seconds });
    for (const note of answer.notes) notes.add(note);
    if (answer.hopeless) silent.add(peer.name);
    if (answer.timings.length === 0) silent.add(`${peer.name} ${count}`);
    for (const timing of answer.timings) {
      const key = `${timing.name} ${timing.threads}`;
      timings.set(key, { ...timing, ms: Math.min(timing.ms, timings.get(key)?.ms ?? timing.ms) });
    }
  };
  for (let round = 0; round < rounds; round++) {
    onProgress?.(`${workload.name}: round ${round + 1} of ${rounds}`);
    for (const one of contenders) {
      one.ms = Math.min(one.ms, await bestOf((times) => one.program.run({}, { times }), seconds));
    }
    for (const peer of peers) for (const count of threads) await ask(peer, count);
  }
  const results: Omit<BenchResult, "roofShare">[] = [];
  for (const { runtime, program, ms } of contenders) {
    const kernels = (await profileFor(program, ms, seconds)).filter(isKernel);
    const inside = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    results.push({
      workload: workload.name,
      threads: runtime.info.lanes,
      build: runtime.info.build,
      ms,
      gflops: productFlops(program) / ms / 1e6,
      overhead: 1 - inside / ms,
      peers: [...timings.values()],
    });
    await runtime.close();
  }
  return results;
}

async function benchTrainings({
  createRuntime,
  trainings,
  threads,
  deterministic,
  rounds,
  seconds,
  onProgress,
}: BenchOptions): Promise<TrainingResult[]> {
  const results: TrainingResult[] = [];
  for (const training of trainings) {
    for (const count of threads) {
      const runtime = await createRuntime({ threads: count, deterministic: deterministic[0] });
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
