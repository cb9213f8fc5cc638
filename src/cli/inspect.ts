/**
 * `genloom inspect`: settings, parameters, checkpoints and memory of a run; the commands of its step with --program.
 */
import type { Command } from "commander";
import { closeData } from "../data/stream.js";
import { commandsOf } from "../graph/storage.js";
import { bytesText } from "../host/listing.js";
import { sizeOf } from "../graph/shape.js";
import { elementBytes } from "../graph/tensor.js";
import { weightHash } from "../train/checkpoint.js";
import { Training } from "../train/training.js";
import { type CommandContext, terminalFor } from "./context.js";
import { loadRun, reloadData } from "./loaded-run.js";
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
  readonly step?: number;
  readonly program?: boolean;
}

/** Adds the options and the action of `genloom inspect`. */
export function inspectCommand(command: Command, context: CommandContext): void {
  command
    .argument("<run>", "run folder", pathOf)
    .option("--program", "list the commands of the training step")
    .option("--data <source>", "current path of the run's data", pathOf);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: InspectOptions) => {
    const terminal = terminalFor(context, options);
    const { run, runtime, family, checkpoint } = await loadRun(path, options);
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
        weightHash: await weightHash(checkpoint.tensors),
        parameters,
        program: { commands: commandsOf(waves).length, waves: waves.length },
        memory: { scratch: plan.bytes, peak: plan.peak, variables: bytes },
      };
      terminal.document({
        ...found,
        config: settings.config,
        ...(options.program ? { listing: program.print() } : {}),
      });
      for (const [name, value] of Object.entries(found)) terminal.text(`${name.padEnd(13)}${valueText(name, value)}`);
      if (options.program) terminal.text(`\n${program.print()}`);
      return 0;
    } finally {
      await runtime.close();
    }
  });
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
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const text = (one: unknown) => (name === "memory" ? bytesText(Number(one)) : Number(one).toLocaleString("en"));
  return Object.entries(value)
    .map(([key, one]) => `${key} ${text(one)}`)
    .join(", ");
}
