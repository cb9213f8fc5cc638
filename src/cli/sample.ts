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
import { isImage, isPoints, sheet } from "../report/preview.js";
import { scatter } from "../report/scatter.js";
import { type Shape, shapeText, sizeOf } from "../graph/shape.js";
import { type Scaling, scalingOf } from "../train/data-description.js";
import { firstInput } from "../train/sampler.js";
import type { TrainedModel } from "../train/trained.js";
import type { Values } from "../graph/values.js";
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
  positive,
  seedNumber,
  whole,
} from "./options.js";

interface SampleOptions extends HostOptions, OutputOptions {
  readonly count: number;
  readonly seed: number;
  readonly first: number;
  readonly temperature?: number;
  readonly label?: number;
  readonly latents?: string;
  readonly means?: boolean;
  readonly out?: string;
  readonly step?: number | "best";
}

/** What a format needs of the data. */
type Shown = Scaling & { readonly shape: Shape };

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
    return encodePng(sheet(values, data.shape, data));
  },
  npy: (values, data) => formatNpy(ownUnits(values, data), [values.length / sizeOf(data.shape), ...data.shape]),
  csv: (values, data) => csv(ownUnits(values, data), data),
};

/** One line per record, with a header if the data's columns have names. */
function csv(values: Float32Array, { shape, columns: table }: Shown): string {
  const names = table?.map(({ name }) => name);
  return csvText(values, sizeOf(shape), names?.every((name) => name !== undefined) ? names : undefined);
}

function outFile(path: string): string {
  if (Object.hasOwn(formats, endingOf(path))) return path;
  throw new InvalidArgumentError(
    `It ends in ${Object.keys(formats)
      .map((name) => `.${name}`)
      .join(", ")}.`,
  );
}

const endingOf = (path: string) => path.slice(path.lastIndexOf(".") + 1).toLowerCase();

/** Adds the options and the action of `genloom sample`. */
export function sampleCommand(command: Command, context: CommandContext): void {
  command
    .argument("<saved>", "run folder, saved model or checkpoint", pathOf)
    .option("--count <n>", "samples to draw", whole(1), 64)
    .option("--seed <n>", "seed of the latents", seedNumber, 0)
    .option("--first <n>", "number of the first sample within the seed's stream", whole(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--temperature <t>", "below 1: samples more typical and less varied (default: 1)", positive)
    .option("--label <n>", "class of the samples, of a model that was trained with labels", whole(0))
    .addOption(
      new Option("--latents <file>", "a .npy file [count, latent]: samples of these latents, or RBM states")
        .argParser(pathOf)
        .conflicts(["count", "first", "temperature", "label"]),
    )
    .option("--means", "a VAE's or RBM's means instead of samples (a VAE's images and bits are always means)")
    .option(
      "--out <file>",
      ".png, .npy or .csv (default for images: RUN/samples/seed-N.png, SAVED-seed-N.png; otherwise .csv to stdout)",
      outFile,
    );
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: SampleOptions) => {
    const terminal = terminalFor(context, options);
    const loaded = await loadModel(path, options);
    const { run, runtime, model, saved } = loaded;
    try {
      checkTrained(loaded, options.step);
      const { seed, first } = options;
      const data: Shown = { ...scalingOf(model.data), shape: model.shape };
      const { data: values, shape } = await configuring("change --count, --first or --latents", () =>
        samplesOf(model, options),
      );
      const [count] = shape;
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
function nameOf({ seed, first, temperature, latents }: SampleOptions): string {
  if (latents !== undefined) return "latents.png";
  return `seed-${seed}${first > 0 ? `-from-${first}` : ""}${temperature === undefined ? "" : `-at-${temperature}`}.png`;
}

/** Samples, checked to be finite. */
async function samplesOf(model: TrainedModel, options: SampleOptions): Promise<Values> {
  const { seed, means } = options;
  if (means && !model.family.abilities.includes("means"))
    throw new UsageError(`sample: a ${model.family.kind.toUpperCase()} has no means`, { hint: "leave out --means" });
  const shown = { seed, ...(means && { means }) };
  const values = await (options.latents === undefined
    ? drawn(model, options, shown)
    : model.generate(await latentsOf(model, options.latents), shown));
  if (values.data.every(Number.isFinite)) return values;
  throw new DivergedError("sample: samples of this run are not finite numbers: its training has diverged", {
    hint: divergedHint,
  });
}

function drawn(
  model: TrainedModel,
  { count, first, temperature, label }: SampleOptions,
  shown: { readonly seed: number },
): Promise<Values> {
  return model.sample(count, {
    ...shown,
    first,
    ...(temperature !== undefined && { temperature }),
    ...(label !== undefined && { labels: new Array<number>(count).fill(label) }),
  });
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
