/** `genloom sample`: samples from a run's or a saved model, as an image, an array or a table. */
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ownUnits } from "../data/scaling.js";
import { DivergedError, UsageError } from "../errors.js";
import { csvText } from "../data/formats/csv-text.js";
import { formatNpy, parseNpy } from "../data/formats/npy.js";
import { readWhole } from "../data/formats/read-file.js";
import { encodePng } from "../data/formats/png.js";
import { writeSafely } from "../data/formats/safe-file.js";
import { classColumns, isImage, isPoints, samplesByClass, sheet } from "../report/preview.js";
import { scatter } from "../report/scatter.js";
import { type Shape, shapeText, sizeOf } from "../graph/shape.js";
import { type Scaling, scalingOf } from "../train/data-description.js";
import { labelsOf } from "../train/labels.js";
import { firstInput } from "../train/sampler.js";
import type { TrainedModel } from "../train/trained.js";
import { Values } from "../graph/values.js";
import { askedClass } from "./asked-class.js";
import { refuseRowOptions, type RowFlags, rowFlags, sampleRows } from "./sample-rows.js";
import { sampledTexts, writeTexts } from "./sample-texts.js";
import { drawFlags, type TokenFlags, tokenOptions } from "./token-options.js";
import { type CommandContext, terminalFor } from "./context.js";
import { configuring } from "./failure.js";
import { checkTrained, divergedHint, loadModel } from "./loaded-run.js";
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

interface SampleOptions extends HostOptions, OutputOptions, TokenFlags, RowFlags {
  readonly count?: number;
  readonly seed: number;
  readonly first: number;
  readonly label?: string;
  readonly labelGrid?: boolean;
  readonly latents?: string;
  readonly means?: boolean;
  readonly out?: string;
  readonly step?: number | "best";
}

/** What a format needs of the data; `columns` of an image's sheet, if it has a row for each class. */
type Shown = Scaling & { readonly shape: Shape; readonly sheetColumns?: number };

/** Raw samples [count, ...shape] as the bytes of a file; normalised samples for images. */
type Format = (values: Float32Array, data: Shown) => Uint8Array | string;

const formats: Readonly<Record<string, Format>> = {
  png: (values, data) => {
    if (isPoints(data.shape)) return encodePng(scatter([], values));
    if (!isImage(data.shape)) {
      throw new UsageError(`sample: records of [${data.shape.join(", ")}] are neither images nor points`, {
        hint: "write them as .npy or .csv",
      });
    }
    return encodePng(sheet(values, data.shape, data, data.sheetColumns));
  },
  npy: (values, data) => formatNpy(ownUnits(values, data), [values.length / sizeOf(data.shape), ...data.shape]),
  csv: (values, data) => csv(ownUnits(values, data), data),
};

/** One line per record, with a header if the data's columns have names. */
function csv(values: Float32Array, { shape, columns: table }: Shown): string {
  const names = table?.map(({ name }) => name);
  return csvText(values, sizeOf(shape), names?.every((name) => name !== undefined) ? names : undefined);
}

/** Endings of files that only some data have: texts, molecules, music, levels. */
const domainEndings = ["txt", "smi", "svg", "html", "mid"];

function outFile(path: string): string {
  const endings = [...Object.keys(formats), ...domainEndings];
  if (endings.includes(endingOf(path))) return path;
  throw new InvalidArgumentError(`It ends in ${endings.map((name) => `.${name}`).join(", ")}.`);
}

const endingOf = (path: string) => path.slice(path.lastIndexOf(".") + 1).toLowerCase();

/** Adds the options and the action of `genloom sample`. */
export function sampleCommand(command: Command, context: CommandContext): void {
  command
    .argument("<saved>", "run folder, saved model or checkpoint", pathOf)
    .option("--count <n>", "samples to draw (default: 64); with --label-grid, of each class (default: 8)", whole(1))
    .option("--seed <n>", "seed of the latents", seedNumber, 0)
    .option("--first <n>", "number of the first sample within the seed's stream", whole(0, Number.MAX_SAFE_INTEGER), 0);
  drawFlags(command)
    .option("--prompt <text>", "of a sequence model: how every sample begins")
    .option("--length <n>", "of a sequence model: tokens of a sample", whole(1))
    .option("--label <class>", "class of the samples, its number or name, of a model that was trained with labels")
    .addOption(
      new Option(
        "--label-grid",
        "a sheet with a row for each class (the first 100), a column for each latent",
      ).conflicts("label"),
    )
    .addOption(
      new Option("--latents <file>", "a .npy file [count, latent]: samples of these latents, or RBM states")
        .argParser(pathOf)
        .conflicts(["count", "first", "temperature", "labelGrid"]),
    )
    .option("--means", "a VAE's or RBM's means instead of samples (a VAE's images and bits are always means)")
    .option(
      "--out <file>",
      ".png, .npy or .csv (default for images: RUN/samples/seed-N.png, SAVED-seed-N.png; otherwise .csv to stdout)",
      outFile,
    );
  rowFlags(command);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: SampleOptions) => {
    const terminal = terminalFor(context, options);
    const loaded = await loadModel(path, options);
    const { run, runtime, model, saved } = loaded;
    try {
      checkTrained(loaded, options.step);
      if (model.data.table) return await sampleRows(path, model, options, terminal);
      refuseRowOptions(options);
      const { seed, first } = options;
      const sheetColumns = options.labelGrid && { sheetColumns: options.count ?? classColumns };
      const { values: drawn, labels } = await configuring("change --count, --first, --label or --latents", () =>
        samplesOf(model, options),
      );
      const { data: values, shape } = drawn;
      const [count] = shape;
      const data: Shown = { ...scalingOf(model.data), shape: shape.slice(1), ...sheetColumns };
      const texts = await sampledTexts(model, values, shape[1]);
      if (texts && !["npy", "csv"].includes(endingOf(options.out ?? ""))) {
        const file = options.out && (await writeTexts(texts, options.out, endingOf(options.out)));
        const { texts: samples } = texts.texts;
        terminal.document({ run: path, count, seed, ...(file ? { file } : { samples }) });
        terminal.text(file ?? samples.join(texts.texts.codec.ended ? "\n" : "\n\n"));
        return 0;
      }
      const sampleName = nameOf(options);
      const inRun = options.out === undefined && run !== undefined && isImage(data.shape);
      const beside = isImage(data.shape) ? `${path.replace(/\.safetensors$/, "")}-${sampleName}` : undefined;
      const out = inRun ? join(path, "samples", sampleName) : (options.out ?? beside);
      if (inRun) await run.writeSampleFile(sampleName, formats.png(values, data) as Uint8Array);
      else if (out !== undefined) await writeSafely(out, formats[endingOf(out)](values, data));
      terminal.document({
        run: path,
        ...(saved.training && { step: saved.training.step }),
        ...{ count, seed, shape },
        ...(options.latents === undefined ? { first, temperature: options.temperature ?? 1 } : {}),
        ...(labels && { labels: Array.from(labels) }),
        ...(out === undefined ? { samples: rows(ownUnits(values, data), data.shape) } : { file: out }),
      });
      terminal.text(out ?? csv(ownUnits(values, data), data).trimEnd());
      return 0;
    } finally {
      await runtime.close();
    }
  });
}

/** Name of the sheet in a run's folder. */
function nameOf({ seed, first, temperature, latents, label, labelGrid }: SampleOptions): string {
  const plain = label?.replace(/[^\w-]/g, "_");
  const of = labelGrid ? "-by-class" : plain === undefined ? "" : `-of-${plain}`;
  if (latents !== undefined) return `latents${of}.png`;
  const from = first > 0 ? `-from-${first}` : "";
  return `seed-${seed}${from}${temperature === undefined ? "" : `-at-${temperature}`}${of}.png`;
}

/** Samples, and their classes if the model is conditional. */
interface Drawn {
  readonly values: Values;
  readonly labels?: Int32Array | undefined;
}

/** Samples, checked to be finite. */
async function samplesOf(model: TrainedModel, options: SampleOptions): Promise<Drawn> {
  const { means } = options;
  if (means && !model.family.abilities.includes("means"))
    throw new UsageError(`sample: a ${model.family.kind.toUpperCase()} has no means`, { hint: "leave out --means" });
  const found = await drawn(
    model,
    options,
    options.label === undefined ? undefined : askedClass(model.data, options.label),
  );
  if (found.values.data.every(Number.isFinite)) return found;
  throw new DivergedError("sample: samples of this run are not finite numbers: its training has diverged", {
    hint: divergedHint,
  });
}

async function drawn(model: TrainedModel, options: SampleOptions, label: string | number | undefined): Promise<Drawn> {
  const { seed, first, temperature, means, latents, labelGrid, count = labelGrid ? classColumns : 64 } = options;
  const shown = { seed, ...(means && { means }) };
  const place = {
    ...shown,
    first,
    ...(temperature !== undefined && { temperature }),
    ...tokenOptions("sample", model, options),
  };
  const asked = label !== undefined && { labels: label };
  if (labelGrid) {
    if (model.family.classes === undefined)
      throw new UsageError("sample: this model was not trained with labels", { hint: "leave out --label-grid" });
    const { values, labels } = await samplesByClass(model, count, place);
    return { labels, values: new Values(values, [labels.length, ...model.shape]) };
  }
  const values =
    latents === undefined
      ? await model.sample(count, { ...place, ...asked })
      : await model.generate(await latentsOf(model, latents), { ...shown, ...asked });
  if (model.family.classes === undefined) return { values };
  const [made] = values.shape;
  const drawnFrom = { seed, first: latents === undefined ? first : 0 };
  const labels = label === undefined ? model.drawnLabels(made, drawnFrom) : labelsOf("sample", label, made, model);
  return { values, labels };
}

/** The latents of an NPY file. Throws BadFileError if it is none, UsageError if its rows are not latents of the model. */
async function latentsOf(model: TrainedModel, path: string): Promise<ArrayLike<number>> {
  const { data, shape } = parseNpy(await readWhole(path), path);
  const size = sizeOf(firstInput(model.family.sampler(model.shape)).shape);
  if (sizeOf(shape.length > 1 ? shape.slice(1) : shape) === size) return data;
  throw new UsageError(`${path}: latents must have shape [count, ${size}], found ${shapeText(shape)}`, {
    hint: `save an array with a row of ${size} numbers for each sample`,
  });
}

function rows(values: Float32Array, shape: Shape): number[][] {
  const columns = sizeOf(shape);
  return Array.from({ length: values.length / columns }, (_, row) => [
    ...values.subarray(row * columns, (row + 1) * columns),
  ]);
}
