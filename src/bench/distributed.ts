/**
 * Trainings by the ranks of a group: time of a step, the part of it that exchanges take, and what one rank needs for the same
 * batch alone, with as many lanes as each rank has and with as many as all ranks have together. All of them alternate over several
 * rounds, in which the other ranks wait; the best round counts.
 */
import type { Group } from "../host/group.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { TrainingWorkload } from "./trainings.js";

export interface DistributedOptions {
  readonly group: Group;
  readonly trainings: readonly TrainingWorkload[];
  /** A runtime of so many lanes, with kernels that all ranks have. */
  readonly start: (lanes: number) => Promise<Runtime>;
  /** Lanes of each rank. */
  readonly threads: number;
  /** Lanes that one rank may have alone. */
  readonly most: number;
  readonly rounds: number;
  /** Seconds of one measurement. */
  readonly seconds: number;
  readonly onProgress?: (text: string) => void;
}

export interface DistributedResult {
  readonly workload: string;
  readonly ranks: number;
  /** Lanes of each rank. */
  readonly threads: number;
  readonly build: string;
  /** Milliseconds of a step of all ranks. */
  readonly ms: number;
  /** Milliseconds of it in exchanges on rank 0, with its waits for the other ranks. */
  readonly exchangeMs: number;
  /** Exchanges in a step, and the f32 values that they sum. */
  readonly exchanges: number;
  readonly values: number;
  /** Milliseconds of the same step on one rank of as many lanes. */
  readonly aloneMs: number;
  /** `aloneMs` over the number of ranks times `ms`: 1 if all ranks together are as many times faster as there are of them. */
  readonly efficiency: number;
  /** Milliseconds of the same step on one rank with the lanes of all; absent if the computer has fewer cores. */
  readonly oneRankMs?: number;
}

/** Counts and times the exchanges of a group. */
class Clocked implements Group {
  exchanges = 0;
  values = 0;
  milliseconds = 0;

  constructor(private readonly group: Group) {}

  get rank(): number {
    return this.group.rank;
  }

  get size(): number {
    return this.group.size;
  }

  allReduce(values: Float32Array, what: string): void | Promise<void> {
    const begin = performance.now();
    const done = () => {
      this.exchanges++;
      this.values += values.length;
      this.milliseconds += performance.now() - begin;
    };
    const pending = this.group.allReduce(values, what);
    if (pending) return pending.then(done);
    done();
  }

  agree(bytes: Uint8Array, what: string): Promise<readonly Uint8Array[]> {
    return this.group.agree(bytes, what);
  }

  abort(message: string): void {
    this.group.abort(message);
  }

  close(): void | Promise<void> {
    return this.group.close();
  }

  reset(): void {
    this.exchanges = this.values = this.milliseconds = 0;
  }
}

/** Milliseconds per step of a program, over `times` steps. */
async function timed(program: Program, times: number): Promise<number> {
  const begin = performance.now();
  await program.run({}, { times });
  return (performance.now() - begin) / times;
}

/** The number that rank 0 gives, on every rank. All ranks meet. */
async function agreed(group: Group, value: number): Promise<number> {
  const [first] = await group.agree(new Uint8Array(Float64Array.of(value).buffer), "the benchmark");
  return new Float64Array(first.slice().buffer)[0];
}

/** Times trainings on the ranks of a group. The result is that of rank 0. */
export async function benchDistributed(options: DistributedOptions): Promise<DistributedResult[]> {
  const results: DistributedResult[] = [];
  for (const training of options.trainings) results.push(await benchOne(training, options));
  return results;
}

async function benchOne(training: TrainingWorkload, options: DistributedOptions): Promise<DistributedResult> {
  const { group, start, threads, most, rounds, seconds, onProgress } = options;
  const clocked = new Clocked(group);
  const runtime = await start(threads);
  const program = training.train(runtime, { steps: 1, group: clocked }).program();
  const lanes = threads * group.size;
  const alone = group.rank === 0 ? await soloists(training, start, [threads, ...(lanes <= most ? [lanes] : [])]) : [];
  // Warm-up, which also says how many steps fill the time.
  await timed(program, 3);
  const times = Math.max(3, Math.round(await agreed(group, (1000 * seconds) / (await timed(program, 5)))));
  let best = { ms: Number.POSITIVE_INFINITY, exchangeMs: 0 };
  for (let round = 0; round < rounds; round++) {
    onProgress?.(`${training.name}: round ${round + 1} of ${rounds}`);
    for (const one of alone) one.ms = Math.min(one.ms, await timed(one.program, Math.max(3, Math.round(times / 2))));
    await agreed(group, round);
    clocked.reset();
    const ms = await timed(program, times);
    if (ms < best.ms) best = { ms, exchangeMs: clocked.milliseconds / times };
  }
  const { build } = runtime.info;
  await runtime.close();
  for (const one of alone) await one.runtime.close();
  const [same, whole] = alone.map(({ ms }) => ms);
  return {
    workload: training.name,
    ranks: group.size,
    threads,
    build,
    ...best,
    exchanges: clocked.exchanges / times,
    values: clocked.values / times,
    aloneMs: same ?? 0,
    efficiency: (same ?? 0) / (group.size * best.ms),
    ...(whole !== undefined && { oneRankMs: whole }),
  };
}

/** The training on one rank, with each number of lanes. */
async function soloists(
  training: TrainingWorkload,
  start: (lanes: number) => Promise<Runtime>,
  lanes: readonly number[],
): Promise<{ runtime: Runtime; program: Program; ms: number }[]> {
  const made = [];
  for (const count of lanes) {
    const runtime = await start(count);
    const program = training.train(runtime, { steps: 1 }).program();
    await timed(program, 5);
    made.push({ runtime, program, ms: Number.POSITIVE_INFINITY });
  }
  return made;
}
