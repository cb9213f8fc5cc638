/** `genloom presets`: lists the presets; with a name, prints one as JSON for --model, to edit. */
import { type Command, InvalidArgumentError } from "commander";
import { closeData, type Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { type NamedPreset, presetAt, presetList } from "../presets/index.js";
import { type Recipe, recipeOf } from "../presets/recipe.js";
import { presetData } from "./asked-data.js";
import { type CommandContext, terminalFor } from "./context.js";
import { configuring } from "./failure.js";
import {
  type ImageFlags,
  imageFlags,
  imageOptionsOf,
  type OutputOptions,
  outputOptions,
  path,
  whole,
  wholeOfData,
} from "./options.js";
import type { Terminal } from "./terminal.js";
import { tableLines } from "../report/columns.js";

interface PresetsOptions extends OutputOptions, ImageFlags {
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly count?: number;
  readonly window?: number;
  readonly steps?: number;
  readonly conditional?: boolean;
}

/** `32,32,1` */
const shapeOf = (text: string): number[] => {
  const lengths = text.split(",").map(Number);
  if (/^\d+(,\d+)*$/.test(text) && lengths.every((length) => length >= 1)) return lengths;
  throw new InvalidArgumentError("It must be a shape such as 32,32,1.");
};

/** Records of --shape, if no number is given: so many that no preset treats them as few. */
const manyRecords = 1_000_000;

/** Adds the options and the action of `genloom presets`. */
export function presetsCommand(command: Command, context: CommandContext): void {
  command
    .argument("[name]", "the preset to print, such as gan/dcgan")
    .option("--data <source>", "the data to print it for", path)
    .option("--shape <lengths>", "the shape of records to print it for, such as 32,32,1", shapeOf)
    .option("--count <n>", "number of records", wholeOfData(1))
    .option("--conditional", "the form that is conditional on the classes of --data")
    .option("--window <n>", "of rbm chorale: frames of music that are one record (default: 1)", whole(1))
    .option("--steps <n>", "training steps, which its schedules span", whole(1));
  outputOptions(imageFlags(command));
  context.action(command, async (name: string | undefined, options: PresetsOptions) => {
    const terminal = terminalFor(context, options);
    if (name !== undefined) {
      const recipe = await recipeFor(presetAt(name), options, terminal);
      terminal.data(`${JSON.stringify(recipe, null, 2)}\n`);
      return 0;
    }
    const rows = presetList().map(({ kind, name: own, preset: { summary, data, steps, batchSize } }) => ({
      ...{ preset: `${kind}/${own}`, summary, steps, batchSize },
      ...(data !== undefined && { data }),
    }));
    terminal.document({ presets: rows });
    const cells = rows.map(({ preset, data = "--data", steps, batchSize, summary }) =>
      [preset, data, steps, batchSize, summary].map(String),
    );
    for (const line of tableLines(["preset", "data", "steps", "batch", ""], cells)) terminal.text(line);
    return 0;
  });
}

/** The preset written out for the data or the shape that the options name. */
async function recipeFor(named: NamedPreset, options: PresetsOptions, terminal: Terminal): Promise<Recipe> {
  const { kind, name, preset } = named;
  const parts = {
    preset: `${kind}/${name}`,
    ...(options.steps !== undefined && { steps: options.steps }),
    ...(options.conditional && { form: { conditional: true } }),
  };
  if (options.shape !== undefined && options.conditional)
    throw new UsageError("presets: --conditional cannot be combined with --shape", {
      hint: "the number of classes is that of the data: give --data",
    });
  if (options.shape !== undefined && options.data !== undefined)
    throw new UsageError("presets: --shape cannot be combined with --data", { hint: "the data have a shape" });
  if (options.shape !== undefined) {
    const asked = describedBy(options.shape, options);
    const images = imageOptionsOf(options) ?? preset.images?.(asked);
    const [, , channels] = asked.shape;
    const { size, channels: wanted = channels } = images ?? {};
    const shape = size === undefined ? asked.shape : [size, size, wanted];
    const data = { ...asked, shape };
    return configuring("give another --shape", () => recipeOf(preset, data, { ...parts, ...(images && { images }) }));
  }
  if (options.data === undefined && preset.data === undefined)
    throw new UsageError(`presets: ${kind}/${name} needs data or a shape`, {
      hint: "give --data SOURCE, or the shape of records, such as --shape 32,32,1",
    });
  const { source, data, loading, sequences } = await presetData(kind, { ...options, preset: name }, terminal);
  try {
    const images = loading.fitted ?? loading.images;
    const own = { ...parts, data: source, ...(images && { images }), ...(sequences && { sequences }) };
    return await configuring("give other data with --data", () => recipeOf(preset, data, own));
  } finally {
    await closeData(data);
  }
}

/** A description of records of bytes, of which only the shape is known. */
const describedBy = (shape: readonly number[], { count = manyRecords }: PresetsOptions): Described => ({
  ...{ name: "--shape", count, shape, scale: 1, shift: 0, extent: [0, 255] as const },
});
