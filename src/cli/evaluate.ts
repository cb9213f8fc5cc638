/** `genloom evaluate`: measures the samples of a run against its data, each score with its floor. */
import type { Command } from "commander";
import { DivergedError, UsageError } from "../errors.js";
import { evaluationPart } from "../report/evaluation.js";
import { tableEvaluationPart } from "../report/table-evaluation.js";
import type { RunFolder } from "../train/run-folder.js";
import { withPart } from "../report/page.js";
import { type CommandContext, terminalFor } from "./context.js";
import { type EvaluateOptions, evaluateRun, type Evaluated } from "./evaluate-run.js";
import { evaluationLines } from "./evaluation-table.js";
import { configuring } from "./failure.js";
import { checkTrained, divergedHint, loadRun } from "./loaded-run.js";
import { checkpointOption, hostOptions, names, outputOptions, path as pathOf, seedNumber, whole } from "./options.js";
import { drawFlags } from "./token-options.js";

/** Adds the options and the action of `genloom evaluate`. */
export function evaluateCommand(command: Command, context: CommandContext): void {
  command
    .argument("<run>", "run folder", pathOf)
    .option(
      "--metrics <names>",
      "scores by name, separated by commas, or all (default: those usual for the data)",
      names,
    )
    .option("--samples <n>", "samples to draw (default: as many as held-out records, at most 10,000)", whole(1))
    .option("--features <what>", "classifier, pixels, or .npy files of features: DATA.npy,SAMPLES.npy[,HELD-OUT.npy]")
    .option(
      "--features-from <source>",
      "labelled images on which the classifiers are trained, instead of the run's",
      pathOf,
    )
    .option("--seed <n>", "seed of the latents", seedNumber, 0)
    .option(
      "--target <column>",
      "of a table: the column that a model trained on samples predicts (default: the last category)",
    )
    .option("--k <n>", "latents per record for the estimate of a VAE's likelihood", whole(1), 1000)
    .option("--data <source>", "current path of the run's data", pathOf)
    .option("--on <source>", "held-out data of the same kind, such as a test set", pathOf);
  checkpointOption(hostOptions(outputOptions(drawFlags(command))));
  context.action(command, async (path: string, options: EvaluateOptions) => {
    const terminal = terminalFor(context, options);
    const loaded = await loadRun(path, options);
    const { run, runtime, checkpoint } = loaded;
    try {
      checkTrained(loaded, options.step);
      const found = await configuring("see genloom evaluate --help", () => evaluateRun(loaded, options, terminal));
      checkFound(found, run.settings.model);
      const document = {
        ...{ model: run.settings.model, run: path, data: run.settings.data.name, step: checkpoint.step },
        ...{ seed: options.seed, ...found },
      };
      await run.writeEvaluation(checkpoint.step, document);
      const page = Object.keys(found.counts).length > 0 ? await run.report() : undefined;
      if (page) await run.writeReport(withPart(page, evaluationPart({ ...found, step: checkpoint.step }), "Results"));
      await reportTable(run, found, checkpoint.step);
      terminal.document(document);
      for (const line of evaluationLines(found)) terminal.text(line);
      return 0;
    } finally {
      await runtime.close();
    }
  });
}

/** Writes the evaluation of a model of a table into the report of its run. */
async function reportTable(
  run: RunFolder,
  { comparison, copula, metrics, floors }: Evaluated,
  step: number,
): Promise<void> {
  if (!comparison || !copula) return;
  const page = await run.report();
  if (!page) return;
  const part = tableEvaluationPart({
    ...comparison,
    metrics: metrics as Readonly<Record<string, number>>,
    floors,
    copula,
    step,
  });
  await run.writeReport(withPart(page, part, "Results"));
}

/** Throws UsageError if nothing was measured, DivergedError if a measure is not finite. */
function checkFound({ metrics }: Evaluated, model: string): void {
  if (Object.keys(metrics).length === 0)
    throw new UsageError(`evaluate: no measure is known for this ${model} on these data`, {
      hint: "there are measures for images, mixtures of known modes (ring, grid) and tables of numbers; --metrics all tries the others",
    });
  const broken = Object.keys(metrics).find((name) => [metrics[name]].flat().some((value) => !Number.isFinite(value)));
  if (broken !== undefined)
    throw new DivergedError(`evaluate: ${broken} is ${metrics[broken]}: the model's values are not finite`, {
      hint: divergedHint,
    });
}
