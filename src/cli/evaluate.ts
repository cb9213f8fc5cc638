/** `genloom evaluate`: measures the samples of a run against its data. */
import type { Command } from "commander";
import { closeData, inMemory } from "../data/stream.js";
import { DivergedError, UsageError } from "../errors.js";
import { type CommandContext, terminalFor } from "./context.js";
import { configuring } from "./failure.js";
import { checkTrained, divergedHint, loadAlike, loadRun, reloadData } from "./loaded-run.js";
import { measureAll } from "./measure.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  type OutputOptions,
  outputOptions,
  path as pathOf,
  seedNumber,
  whole,
} from "./options.js";
import { shownBytes } from "./train-settings.js";

interface EvaluateOptions extends HostOptions, OutputOptions {
  readonly samples: number;
  readonly seed: number;
  readonly k: number;
  readonly data?: string;
  readonly on?: string;
  readonly step?: number;
}

/** Adds the options and the action of `genloom evaluate`. */
export function evaluateCommand(command: Command, context: CommandContext): void {
  command
    .argument("<run>", "run folder", pathOf)
    .option("--samples <n>", "samples to draw", whole(1), 2500)
    .option("--seed <n>", "seed of the latents", seedNumber, 0)
    .option("--k <n>", "latents per record for the estimate of a VAE's likelihood", whole(1), 1000)
    .option("--data <source>", "current path of the run's data", pathOf)
    .option("--on <source>", "measure on other data of the same kind, such as a test set", pathOf);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: EvaluateOptions) => {
    const terminal = terminalFor(context, options);
    const loaded = await loadRun(path, options);
    const { run, runtime, model, checkpoint } = loaded;
    try {
      checkTrained(loaded, options.step);
      const all =
        options.on === undefined
          ? await reloadData(run.settings.data, options.data)
          : await loadAlike(run.settings.data, options.on);
      const data = await inMemory(all, shownBytes);
      await closeData(all);
      const metrics = await configuring("choose fewer --samples", () =>
        measureAll({ model, runtime, data, seed: options.seed, k: options.k }, options),
      );
      if (Object.keys(metrics).length === 0) {
        throw new UsageError(`evaluate: no measure is known for ${run.settings.model} on ${data.name}`, {
          hint: "there are measures for mixtures of known modes (ring, grid), tables of numbers, and images with labels",
        });
      }
      const broken = Object.keys(metrics).find((name) =>
        [metrics[name]].flat().some((value) => !Number.isFinite(value)),
      );
      if (broken !== undefined)
        throw new DivergedError(`evaluate: ${broken} is ${metrics[broken]}: the model's values are not finite`, {
          hint: divergedHint,
        });
      terminal.document({
        model: run.settings.model,
        run: path,
        data: data.name,
        step: checkpoint.step,
        samples: options.samples,
        seed: options.seed,
        metrics,
      });
      for (const [name, value] of Object.entries(metrics))
        terminal.text(`${name.padEnd(20)}${[value].flat().map((one) => Number(one.toFixed(4)))}`);
      return 0;
    } finally {
      await runtime.close();
    }
  });
}
