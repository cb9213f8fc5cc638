/**
 * `train()` itself beside its step's program: what a user waits for beyond the steps, which is events, checks, copies and
 * the way between JavaScript and the kernels. Both run in the same runtime on the same variables, in turns of an event's
 * length, so that a machine that others use as well slows both alike.
 *
 * Time per step is the mean of all turns, not the best, for what a training does now and then is part of it. The ratio is
 * made of processor time; the clock's is put beside it, for it shows waits that cost no processor. A training may spend 1% of
 * the time on copies of its variables. Here that time includes the turns of the program beside it, so copies may take up to 2%
 * of the training's own turns.
 */
import type { Runtime } from "../host/runtime.js";
import type { Training } from "../train/training.js";
import { trainDcgan } from "./image-workloads.js";
import type { TrainingSize } from "./workload.js";
import { trainMlpGan } from "./workloads.js";

export interface TrainingWorkload {
  readonly name: string;
  readonly summary: string;
  train(runtime: Runtime, how: TrainingSize): Training;
}

/** All trainings that are timed: a row each. */
export const trainings: readonly TrainingWorkload[] = [
  ...[128, 512, 2048].map((width) => ({
    name: `train mlp-gan w=${width}`,
    summary: `batch 64; mlp-gan with hidden layers of ${width}`,
    train: (runtime: Runtime, how: TrainingSize) => trainMlpGan(runtime, width, how),
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
  /** Of each, rounds times seconds are timed. */
  readonly rounds: number;
  readonly seconds: number;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** Milliseconds of one call of the program: as long as a training goes from one event to the next. */
const callMilliseconds = 250;

/** Adds up what calls cost; a call resolves with how many steps it did. */
class Account {
  #steps = 0;
  #processor = 0;
  #wall = 0;

  constructor(private readonly call: () => Promise<number>) {}

  async turn(): Promise<void> {
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    this.#steps += await this.call();
    const { user, system } = process.cpuUsage(cpu);
    this.#processor += (user + system) / 1000;
    this.#wall += performance.now() - begin;
  }

  /** Milliseconds of the clock in all. */
  get wall(): number {
    return this.#wall;
  }

  get mean(): StepTime {
    return { processor: this.#processor / this.#steps, wall: this.#wall / this.#steps };
  }
}

/** Times one training in a runtime of its own lanes. */
export async function benchTraining(
  { name, train }: TrainingWorkload,
  runtime: Runtime,
  { rounds, seconds, onProgress }: TrainingBenchOptions,
): Promise<TrainingResult> {
  const training = train(runtime, { steps: Number.MAX_SAFE_INTEGER });
  const events = training[Symbol.asyncIterator]();
  let step = 0;
  const trained = async () => {
    const { value } = await events.next();
    const steps = value.step - step;
    step = value.step;
    return steps;
  };
  const program = training.program();
  let times = 1;
  const ran = async () => {
    const begin = performance.now();
    await program.run({}, { times });
    const done = times;
    times = Math.max(1, Math.round((times * callMilliseconds) / (performance.now() - begin)));
    return done;
  };
  const during = async (milliseconds: number): Promise<[train: StepTime, program: StepTime]> => {
    const [own, alone] = [new Account(trained), new Account(ran)];
    while (Math.min(own.wall, alone.wall) < milliseconds) for (const one of [own, alone]) await one.turn();
    return [own.mean, alone.mean];
  };
  // The first events come after few steps: until they are as far apart as they will be, and the kernels are optimised.
  await during(Math.min(1000, seconds * 1000));
  onProgress?.(`${name}: ${Number((rounds * seconds).toFixed(2))} s of each`);
  const [own, alone] = await during(rounds * seconds * 1000);
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
