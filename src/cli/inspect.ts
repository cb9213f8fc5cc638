/**
 * `genloom inspect`: settings, parameters, checkpoints and memory of a run, and the commands of its step with --program;
 * model, data and parameters of a saved model; what data hold.
 */
import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { closeData } from "../data/training-data.js";
import { commandsOf } from "../graph/command.js";
import { bytesText } from "../host/listing.js";
import { sizeOf } from "../graph/shape.js";
import { elementBytes } from "../graph/dtype.js";
import { weightHash } from "../train/checkpoint.js";
import type { BestMark } from "../train/best-checkpoint.js";
import { codecOf } from "../train/data-description.js";
import { read } from "../train/run-files.js";
import { readModel } from "../train/saved-model.js";
import { Training } from "../train/training.js";
import { UsageError } from "../errors.js";
import type { Terminal } from "./terminal.js";
import { type CommandContext, terminalFor } from "./context.js";
import { inspectData, isData } from "./inspect-data.js";
import { inspectTable } from "./inspect-table.js";
import { familyOf, loadRun, reloadData } from "./loaded-run.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  type OutputOptions,
  outputOptions,
  path as pathOf,
} from "./options.js";

interface InspectOptions extends HostOptions, OutputOptions {
  readonly data?: string;
  readonly step?: number | "best";
  readonly program?: boolean;
}

/** Adds the options and the action of `genloom inspect`. */
export function inspectCommand(command: Command, context: CommandContext): void {
  command
    .argument(
      "<saved>",
      "run folder, saved model or checkpoint; or data: a .csv or .parquet file, whose columns are told, a file or folder of records, or a built-in data set",
      pathOf,
    )
    .option("--program", "list the commands of the training step")
    .option("--data <source>", "current path of the run's data", pathOf);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: InspectOptions) => {
    const terminal = terminalFor(context, options);
    const isFile = await stat(path).then(
      (status) => status.isFile(),
      () => false,
    );
    const holdsData = await isData(path);
    if (isFile || holdsData) refuseRunOptions(path, options);
    if (isFile && /\.(csv|tsv|parquet)(\.gz)?$/i.test(path)) return inspectTable(path, terminal);
    if (holdsData) return inspectData(path, terminal);
    if (isFile) return inspectFile(path, terminal);
    const { run, runtime, family, model, checkpoint } = await loadRun(path, options);
    try {
      const { settings } = run;
      const data = await reloadData(settings.data, options.data);
      const program = new Training(family, runtime, data, {
        steps: settings.steps,
        batchSize: settings.batchSize,
        seed: settings.seed,
      }).program();
      await closeData(data);
      const { plan, variables, waves } = program.compiled();
      const bytes = variables.reduce((sum, { size, dtype }) => sum + size * elementBytes[dtype], 0);
      const parameters = parametersOf(checkpoint.tensors);
      const summary = model.summary();
      const best = await run.best.mark();
      const evaluations = await run.evaluated();
      const found = {
        model: settings.model,
        preset: settings.preset,
        run: path,
        step: checkpoint.step,
        steps: settings.steps,
        batchSize: settings.batchSize,
        seed: settings.seed,
        data: settings.data,
        checkpoints: await run.steps(),
        ...(best && { best }),
        ...(evaluations.length > 0 && { evaluations }),
        weightHash: await weightHash(checkpoint.tensors),
        parameters,
        program: { commands: commandsOf(waves).length, waves: waves.length },
        memory: { scratch: plan.bytes, peak: plan.peak, variables: bytes },
      };
      terminal.document({
        ...found,
        layers: summary.layers,
        flopOfSample: summary.flop,
        config: settings.config,
        ...(options.program ? { listing: program.print() } : {}),
      });
      for (const [name, value] of Object.entries(found)) terminal.text(`${name.padEnd(13)}${valueText(name, value)}`);
      terminal.text(`\n${summary}`);
      if (options.program) terminal.text(`\n${program.print()}`);
      return 0;
    } finally {
      await runtime.close();
    }
  });
}

/** Throws UsageError for an option that says something of a run alone. */
function refuseRunOptions(path: string, options: InspectOptions): void {
  for (const name of ["program", "data", "step"] as const)
    if (options[name] !== undefined)
      throw new UsageError(`inspect: --${name} is an option for run folders, and ${path} is none`, {
        hint: "leave it out, or give a run folder",
      });
}

/** Reports what a saved model's file holds, without a runtime. */
async function inspectFile(path: string, terminal: Terminal): Promise<number> {
  const { config, data, tensors, training, genloom, sha256 } = await readModel(await read(path), path);
  const { kind } = familyOf(config, path);
  const found = {
    model: kind,
    preset: data.preset ?? "none",
    file: path,
    genloom,
    ...(training && { step: training.step, batchSize: training.batchSize, seed: training.seed }),
    codec: codecOf(data),
    weightHash: await weightHash(tensors),
    sha256,
    parameters: parametersOf(tensors),
  };
  terminal.document({ ...found, data, config });
  for (const [name, value] of Object.entries(found)) terminal.text(`${name.padEnd(13)}${valueText(name, value)}`);
  terminal.text(`${"data".padEnd(13)}${data.name}: records of [${data.shape.join(", ")}]`);
  return 0;
}

/** Number of values per network, which is the first part of a variable's path. */
function parametersOf(tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, { shape }] of tensors) {
    const network = name.startsWith("optimizer/") ? "optimizer" : (name.split("/")[0] as string);
    counts[network] = (counts[network] ?? 0) + sizeOf(shape);
  }
  return counts;
}

function valueText(name: string, value: unknown): string {
  if (name === "data") {
    const { source, count, shape } = value as { source: string; count: number; shape: readonly number[] };
    return `${source}: ${count} records of [${shape.join(", ")}]`;
  }
  if (name === "best") {
    const { step, metric, value: score } = value as BestMark;
    return `step ${step}, ${metric} ${score}`;
  }
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const text = (one: unknown) => (name === "memory" ? bytesText(Number(one)) : Number(one).toLocaleString("en"));
  return Object.entries(value)
    .map(([key, one]) => `${key} ${text(one)}`)
    .join(", ");
}
