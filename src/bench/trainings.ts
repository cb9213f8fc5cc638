/**
 * `train()` itself beside its step's program: what a user waits for beyond the steps, which is events, checks, copies and
 * the way between JavaScript and the kernels. Both run in the same runtime on the same variables, in turns.
 *
 * Time per step is the mean of a turn, for what a training does now and then is part of it, and the best turn counts.
 * Processor time is what the ratio is made of: it stays one on a machine that others use too. The clock's is put beside
 * it, for it shows waits that cost no processor.
 */
import type { Runtime } from "../runtime.js";
import type { Training } from "../train/training.js";
import { trainDcgan } from "./image-workloads.js";
import { trainMlpGan } from "./workloads.js";

export interface TrainingWorkload {
  readonly name: string;
  readonly summary: string;
  train(runtime: Runtime, steps: number): Training;
}

/** All trainings that are timed: a row each. */
export const trainings: readonly TrainingWorkload[] = [
  ...[128, 512, 2048].map((width) => ({
    name: `train mlp-gan w=${width}`,
    summary: `batch 64; mlp-gan with hidden layers of ${width}`,
    train: (runtime: Runtime, steps: number) => trainMlpGan(runtime, width, steps),
  })),
  { name: "train dcgan", summary: "as dcgan", train: trainDcgan },
];

/** Milliseconds per step. */
export interface StepTime {
  readonly processor: number;
  readonly wall: number;
}

export interface TrainingResult {
  readonly workload: string;
  readonly threads: number;
  readonly build: string;
  readonly train: StepTime;
  readonly program: StepTime;
  /** Processor time of `train()` over that of its program. */
  readonly ratio: number;
  readonly wallRatio: number;
}

export interface TrainingBenchOptions {
  /** Turns of each. */
  readonly rounds: number;
  /** Seconds of one turn. */
  readonly seconds: number;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** Milliseconds of one call of the program: as long as a training goes from one event to the next. */
const callMilliseconds = 250;

/** Mean time of a step over the calls of a turn; a call resolves with how many steps it did. */
async function turnOf(call: () => Promise<number>, seconds: number): Promise<StepTime> {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  let steps = 0;
  do steps += await call();
  while (performance.now() - begin < seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  return { processor: (user + system) / 1000 / steps, wall: (performance.now() - begin) / steps };
}

const better = (a: StepTime, b: StepTime): StepTime => ({
  processor: Math.min(a.processor, b.processor),
  wall: Math.min(a.wall, b.wall),
});

/** Times one training in a runtime of its own lanes. */
export async function benchTraining(
  { name, train }: TrainingWorkload,
  runtime: Runtime,
  { rounds, seconds, onProgress }: TrainingBenchOptions,
): Promise<TrainingResult> {
  const training = train(runtime, Number.MAX_SAFE_INTEGER);
  const events = training[Symbol.asyncIterator]();
  let step = 0;
  const trained = async () => {
    const { value } = await events.next();
    const steps = value.step - step;
    step = value.step;
    return steps;
  };
  // The first events come after few steps: until they are as far apart as they will be, and the kernels are optimised.
  await turnOf(trained, Math.min(1, seconds));
  const program = training.program();
  let times = 1;
  const ran = async () => {
    const begin = performance.now();
    await program.run({}, { times });
    const done = times;
    times = Math.max(1, Math.round((times * callMilliseconds) / (performance.now() - begin)));
    return done;
  };
  await turnOf(ran, Math.min(1, seconds));
  let [own, alone]: StepTime[] = Array(2).fill({ processor: Number.POSITIVE_INFINITY, wall: Number.POSITIVE_INFINITY });
  for (let round = 0; round < rounds; round++) {
    onProgress?.(`${name}: round ${round + 1} of ${rounds}`);
    own = better(own, await turnOf(trained, seconds));
    alone = better(alone, await turnOf(ran, seconds));
  }
  return {
    workload: name,
    threads: runtime.info.lanes,
    build: runtime.info.build,
    train: own,
    program: alone,
    ratio: own.processor / alone.processor,
    wallRatio: own.wall / alone.wall,
  };
}
