/**
 * The programs of a training: that of one step (a batch, the family's losses and updates, and the position in the data), and
 * that of its signals.
 */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
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

/** Compiles a family's step. */
export function compileStep(
  runtime: Runtime,
  family: Family,
  feed: BatchFeed,
  { diagnose, rate }: StepOptions,
): StepProgram {
  const state = new Set<Variable>();
  const program = runtime.compile(
    () => {
      const { losses, updates } = withUpdateScale(rate, () => family.step(feed.batches()));
      for (const one of [...updates.keys(), ...family.variables]) state.add(one);
      for (const [one, value] of feed.updates) updates.set(one, value);
      return { outputs: losses, updates, checks: diagnose ? "all" : Object.values(losses) };
    },
    { name: `${family.kind} step` },
  );
  return { program, state: [...state] };
}

/** Compiles the signals of a family that has some. */
export function compileSignals(runtime: Runtime, family: Family, feed: BatchFeed): Program {
  const trace = () => ({ outputs: family.signals?.(feed.batches()) ?? {} });
  return runtime.compile(trace, { name: `${family.kind} signals`, streams: signalStreams });
}
