/** The program of one training step: a batch, the family's losses and updates, and the position in the data. */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Variable } from "../graph/variable.js";
import type { BatchFeed } from "./batch-feed.js";
import type { Family } from "./family.js";

/** A compiled step, and every variable that a checkpoint of its training keeps. */
export interface StepProgram {
  readonly program: Program;
  readonly state: readonly Variable[];
}

/** Compiles a family's step. With `diagnose` every command's result is checked instead of only the losses. */
export function compileStep(runtime: Runtime, family: Family, feed: BatchFeed, diagnose: boolean): StepProgram {
  const state = new Set<Variable>();
  const program = runtime.compile(
    () => {
      const { losses, updates } = family.step(feed.batches());
      for (const one of [...updates.keys(), ...family.variables]) state.add(one);
      for (const [one, value] of feed.updates) updates.set(one, value);
      return { outputs: losses, updates, checks: diagnose ? "all" : Object.values(losses) };
    },
    { name: `${family.kind} step` },
  );
  return { program, state: [...state] };
}
