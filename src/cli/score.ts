/** `genloom score`: how strange records are to a model, a number for each; which are above a threshold, and how well they rank. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { writeSafely } from "../data/formats/safe-file.js";
import type { Dataset } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { auroc, averagePrecision } from "../metrics/ranking.js";
import { labelsOf, namesText } from "../train/labels.js";
import type { TrainedModel } from "../train/trained.js";
import { askedClass } from "./asked-class.js";
import { type CommandContext, terminalFor } from "./context.js";
import { configuring } from "./failure.js";
import { checkTrained, type LoadedModel, loadModel } from "./loaded-run.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  names,
  type OutputOptions,
  outputOptions,
  path as pathOf,
  seedNumber,
  share,
  whole,
} from "./options.js";
import { heldOutRecords, recordsOf, referenceRecords } from "./score-data.js";
import { type Measure, type MeasureOptions, measureNames, measureOf } from "./score-measures.js";
import { documentOf, linesOf, numbersOf, quantileOf, type Scored, scoresCsv, scoresNpy } from "./score-output.js";
import type { Terminal } from "./terminal.js";

interface ScoreOptions extends HostOptions, OutputOptions, MeasureOptions {
  readonly data: string;
  readonly count?: number;
  readonly on?: string;
  readonly quantile?: number;
  readonly anomaly?: readonly string[];
  readonly out?: string;
  readonly step?: number | "best";
}

/** Share of held-out records that are not above the threshold. */
const usualQuantile = 0.99;

function outFile(path: string): string {
  if (/\.(csv|npy)$/i.test(path)) return path;
  throw new InvalidArgumentError("It ends in .csv, .npy.");
}

/** Adds the options and the action of `genloom score`. */
export function scoreCommand(command: Command, context: CommandContext): void {
  command
    .argument("<saved>", "run folder, saved model or checkpoint", pathOf)
    .requiredOption("--data <source>", "records to score, of the same kind as the training data", pathOf)
    .option("--count <n>", "only the first records, or that many of a built-in set", whole(1))
    .addOption(
      new Option("--by <measure>", "what is measured (default: the first that the family has)").choices(measureNames),
    )
    .option("--samples <k>", "latents per record for a VAE's likelihood and elbo (default: 64)", whole(1, 2 ** 24))
    .option("--seed <n>", "seed of the latents, and of bits of grey values", seedNumber, 0)
    .option("--label <class>", "of a conditional model: class of all records, instead of their own", String)
    .option("--fields", "a score for each value of a record, too")
    .option("--quantile <q>", "the threshold: this quantile of the scores of held-out records (default: 0.99)", share)
    .option("--on <source>", "held-out records for the threshold (default: those of the run)", pathOf)
    .option("--anomaly <classes>", "classes of --data that are the anomalies, by number or name: tells AUROC", names)
    .option("--out <file>", ".csv or .npy (default: .csv to stdout)", outFile);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: ScoreOptions) => {
    const terminal = terminalFor(context, options);
    const loaded = await loadModel(path, options);
    try {
      checkTrained(loaded, options.step);
      const found = await scoredRun(loaded, options, terminal);
      const { out } = options;
      const text = out?.toLowerCase().endsWith(".npy") ? scoresNpy(found) : scoresCsv(found, loaded.model.data);
      if (out !== undefined) await writeSafely(out, text);
      const { training } = loaded.saved;
      terminal.document({
        ...{ run: path, ...(training && { step: training.step }), ...documentOf(found) },
        ...(out === undefined ? numbersOf(found) : { file: out }),
      });
      if (out === undefined) terminal.text((text as string).trimEnd());
      for (const line of linesOf(found)) out === undefined ? terminal.message(line) : terminal.text(line);
      if (out !== undefined) terminal.text(out);
      return 0;
    } finally {
      await loaded.runtime.close();
    }
  });
}

/** Scores the records of --data, and tells the threshold and the ranking if they can be known. */
async function scoredRun(loaded: LoadedModel, options: ScoreOptions, terminal: Terminal): Promise<Scored> {
  const { data: source, anomaly, fields, quantile = usualQuantile } = options;
  await checkLabel(loaded.model, options.label);
  const measure = measureOf(loaded.model, options, () => referenceRecords(loaded, options, terminal));
  const data = await recordsOf(loaded, source, terminal, options);
  const positives = anomaly && anomaliesOf(data, anomaly, source);
  const heldOut = await heldOutRecords(loaded, options, terminal);
  const known = heldOut && (await scoresOf(measure, heldOut.data, heldOut.source));
  const found = await scoresOf(measure, data, source, fields);
  return {
    ...{ ...found, source, measure: measure.name },
    ...(measure.samples !== undefined && { samples: measure.samples }),
    ...(heldOut &&
      known && {
        threshold: quantileOf(known.scores, quantile),
        heldOut: { quantile, source: heldOut.source, count: heldOut.data.count },
      }),
    ...(positives && { ranking: rankingOf(found.scores, positives) }),
  };
}

/** Throws UsageError if the class of --label is none of the model's. */
async function checkLabel(model: TrainedModel, label: string | undefined): Promise<void> {
  if (label === undefined) return;
  const { classNames } = model.data;
  const classes = classNames ? namesText(classNames) : `0 to ${(model.family.classes ?? 0) - 1}`;
  await configuring(`give --label one of the model's classes: ${classes}`, () =>
    labelsOf("score", askedClass(model.data, label), 1, model),
  );
}

/** Scores of records. Throws UsageError if one is not a number. */
async function scoresOf(
  measure: Measure,
  data: Dataset,
  source: string,
  fields?: boolean,
): Promise<Pick<Scored, "scores" | "fields">> {
  const hint = "give data of the same kind as those that the model was trained on";
  const found = await configuring(hint, () => measure.of(data, fields));
  const broken = found.scores.findIndex((score) => !Number.isFinite(score));
  if (broken < 0) return found;
  throw new UsageError(
    `${source}: the ${measure.name} of record ${broken} must be a finite number, found ${found.scores[broken]}`,
    { hint: "its values are too far from those of the model's data for f32: leave it out" },
  );
}

/** Whether the class of each record is one of those that are named. Throws UsageError if the data have no such class. */
function anomaliesOf(
  { labels, classes = 0, classNames }: Dataset,
  asked: readonly string[],
  source: string,
): boolean[] {
  if (!labels)
    throw new UsageError(`score: --anomaly needs records with labels, and ${source} has none`, {
      hint: "give labelled data: IDX files, a table with a column label, images in folders of classes",
    });
  const wanted = asked.map((text) => {
    const label = askedClass({ ...(classNames && { classNames }) }, text);
    const index = typeof label === "string" ? (classNames?.indexOf(label) ?? -1) : label;
    if (index >= 0 && index < classes) return index;
    throw new UsageError(
      `score: --anomaly must name classes of ${source}, ${classNames ? "by name or number" : "by number"}, found ${text}`,
      { hint: classNames ? `classes: ${namesText(classNames)}` : `classes: 0 to ${classes - 1}` },
    );
  });
  const positives = Array.from(labels, (label) => wanted.includes(label));
  const count = positives.filter(Boolean).length;
  if (count > 0 && count < labels.length) return positives;
  throw new UsageError(
    `score: --anomaly must name classes of some records of ${source} and not of all, found ${count} of ${labels.length}`,
    { hint: "data must hold records of the anomalies and others" },
  );
}

/** How well scores rank the anomalies above the others. */
const rankingOf = (scores: Float32Array, positives: readonly boolean[]) => ({
  anomalies: positives.filter(Boolean).length,
  auroc: auroc(scores, positives),
  averagePrecision: averagePrecision(scores, positives),
});
