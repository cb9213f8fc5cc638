/**
 * The programs of a training: that of one step (a batch, the family's losses and updates, and the position in the data), and
 * that of its signals.
 */
import { forRanks, type Ranks } from "../graph/ranks.js";
import { meanOfRanks } from "../ops/all-reduce.js";
import type { Group } from "../host/group.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";
import { signalStreams } from "../numbers/streams.js";
import { withUpdateScale } from "../optimizers/update-scale.js";
import type { BatchFeed } from "./batch-feed.js";
import type { Family } from "./family.js";

/** A compiled step, and every variable that a checkpoint of its training keeps. */
export interface StepProgram {
  readonly program: Program;
  readonly state: readonly Variable[];
}

export interface StepOptions {
  /** Whether every command's result is checked instead of only the losses. */
  readonly diagnose: boolean;
  /** Factor of all learning rates. */
  readonly rate: number;
}

/** The ranks that run a training's programs together. */
export interface Together {
  readonly group: Group;
  readonly batchStatistics: Ranks["batchStatistics"];
}

/** Compiles a family's step. */
export function compileStep(
  runtime: Runtime,
  family: Family,
  feed: BatchFeed,
  { diagnose, rate }: StepOptions,
  together?: Together,
): StepProgram {
  const state = new Set<Variable>();
  const program = runtime.compile(
    () => {
      const step = () => withUpdateScale(rate, () => family.step(feed.batches()));
      const { losses: own, updates } = tracedFor(together, step);
      const losses = meansOfRanks(own);
      for (const one of [...updates.keys(), ...family.variables]) state.add(one);
      for (const [one, value] of feed.updates) updates.set(one, value);
      return { outputs: losses, updates, checks: diagnose ? "all" : Object.values(losses) };
    },
    { name: `${family.kind} step`, ...(together && { group: together.group }) },
  );
  return { program, state: [...state] };
}

/** Compiles the signals of a family that has some. */
export function compileSignals(runtime: Runtime, family: Family, feed: BatchFeed, together?: Together): Program {
  const trace = () => ({
    outputs: meansOfRanks(tracedFor(together, () => family.signals?.(feed.batches()) ?? {})),
  });
  const group = together && { group: together.group };
  return runtime.compile(trace, { name: `${family.kind} signals`, streams: signalStreams, ...group });
}

const tracedFor = <T>(together: Together | undefined, task: () => T): T =>
  together ? forRanks({ batchStatistics: together.batchStatistics }, task) : task();

/** Scalars of a batch, of those of each rank's part. */
const meansOfRanks = (own: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(own).map(([name, value]) => [name, meanOfRanks(value, name)]));
