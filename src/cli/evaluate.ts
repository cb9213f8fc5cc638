/** `genloom evaluate`: measures the samples of a run against its data. */
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { terminalFor } from "./cli.js";
import type { CommandContext } from "./commands.js";
import { loadRun, reloadData } from "./loaded-run.js";
import { measureAll } from "./measure.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  type OutputOptions,
  outputOptions,
  whole,
} from "./options.js";

interface EvaluateOptions extends HostOptions, OutputOptions {
  readonly samples: number;
  readonly seed: number;
  readonly data?: string;
  readonly step?: number;
}

export function evaluateCommand(command: Command, context: CommandContext): void {
  command
    .argument("<run>", "run folder")
    .option("--samples <n>", "samples to draw", whole(1), 2500)
    .option("--seed <n>", "seed of the latents", whole(0), 0)
    .option("--data <source>", "where the run's data are now");
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: EvaluateOptions) => {
    const terminal = terminalFor(context, options);
    const { run, runtime, model, checkpoint } = await loadRun(path, options);
    try {
      const data = await reloadData(run.settings.data, options.data);
      const metrics = await measureAll({ model, runtime, data, seed: options.seed }, options);
      if (Object.keys(metrics).length === 0) {
        throw new UsageError(`evaluate: no measure is known for ${run.settings.model} on ${data.name}`, {
          hint: "mixtures of known modes have some: ring, grid",
        });
      }
      terminal.document({
        model: run.settings.model,
        run: path,
        step: checkpoint.step,
        samples: options.samples,
        seed: options.seed,
        metrics,
      });
      for (const [name, value] of Object.entries(metrics))
        terminal.text(`${name.padEnd(14)}${Number(value.toFixed(4))}`);
      return 0;
    } finally {
      await runtime.close();
    }
  });
}
