/** The commands, one entry each. A command's module is loaded on demand, so that `--help` starts fast. */
import type { Setup } from "./context.js";

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Setup>;
}

export const commands: readonly CommandRow[] = [
  { name: "train", summary: "train a model on data", load: async () => (await import("./train.js")).trainCommand },
  { name: "sample", summary: "draw samples from a run", load: async () => (await import("./sample.js")).sampleCommand },
  {
    name: "sweep",
    summary: "train a model with many settings, here or on a cluster",
    load: async () => (await import("./sweep.js")).sweepCommand,
  },
  {
    name: "runs",
    summary: "list runs, ranked by a metric",
    load: async () => (await import("./runs.js")).runsCommand,
  },
  {
    name: "evaluate",
    summary: "measure a run's samples",
    load: async () => (await import("./evaluate.js")).evaluateCommand,
  },
  {
    name: "score",
    summary: "tell how strange records are to a model",
    load: async () => (await import("./score.js")).scoreCommand,
  },
  {
    name: "export",
    summary: "write a generator that runs without genloom",
    load: async () => (await import("./export.js")).exportCommand,
  },
  {
    name: "inspect",
    summary: "show settings, parameters and checkpoints of a run",
    load: async () => (await import("./inspect.js")).inspectCommand,
  },
  {
    name: "presets",
    summary: "list the presets, or print one to edit",
    load: async () => (await import("./presets.js")).presetsCommand,
  },
  {
    name: "bench",
    summary: "measure the speed of this computer, compared with its roof and other libraries",
    load: async () => (await import("./bench.js")).benchCommand,
  },
  {
    name: "doctor",
    summary: "show what this host supports",
    load: async () => (await import("./doctor.js")).doctorCommand,
  },
];
