/** The data that the options of a command ask for, as a preset needs them. */
import type { BadImage } from "../data/formats/png-folder.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import type { SequenceForm } from "../domains/domain.js";
import type { SequenceReading } from "../domains/data-of.js";
import { openSource, type TableReading } from "../domains/load.js";
import { fitAll } from "../data/streaming/record-file.js";
import { isStreamed, type TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { presetForData, presetForSource, presetNamed } from "../presets/index.js";
import { normalised } from "../presets/normalisation.js";
import type { Preset } from "../presets/preset.js";
import type { FamilyKind } from "../train/family-config.js";
import { configuring, shortList } from "./failure.js";
import { partedBy } from "./held-out.js";
import { readColumns } from "./column-file.js";
import { type ImageFlags, imageOptionsOf } from "./options.js";
import type { Loading } from "./run-data.js";
import type { Terminal } from "./terminal.js";
import { isLabelName } from "../data/formats/csv.js";
import { isNumbers } from "../data/tables/column-spec.js";

/** Options of commands that load data for a preset. */
export interface DataOptions extends ImageFlags {
  readonly preset?: string;
  readonly data?: string;
  readonly count?: number;
  /** Records to hold out: a share, or their number. */
  readonly heldOut?: number;
  /** A file that describes the columns of a table. */
  readonly columns?: string;
  /** Frames of a record, of presets that read music as frames. */
  readonly window?: number;
}

/** Reports the images that were left out. */
const sayOf = (terminal: Terminal) => (bad: readonly BadImage[]) => {
  terminal.message(`${bad.length} images left out:`);
  for (const line of shortList(bad.map(({ error }) => error.message))) terminal.message(`  ${line}`);
};

/** The data of --data, as the options say. */
export function openAsked(
  source: string,
  options: DataOptions,
  terminal: Terminal,
  images: ImageOptions | undefined = imageOptionsOf(options),
  sequences?: SequenceReading,
  table?: TableReading | false,
): Promise<TrainingData> {
  return openSource(source, {
    ...(sequences && { sequences }),
    ...(table !== undefined && { table }),
    ...(options.count === undefined ? {} : { count: options.count }),
    ...(images === undefined ? {} : { images }),
    ...(options.skipBad ? { skipBad: sayOf(terminal) } : {}),
    stream: options.stream,
    say: (note) => terminal.message(note),
  });
}

/** How the data of a run were loaded, to load them alike. */
export const loadingOf = (
  options: DataOptions,
  data: TrainingData,
  fitted: ImageOptions | undefined,
  images: ImageOptions | undefined = imageOptionsOf(options),
): Loading => ({
  ...(images && { images }),
  ...(fitted && { fitted }),
  ...(options.skipBad && { skipBad: true }),
  ...(isStreamed(data) && { stream: true }),
});

/** A preset with the data that it is trained on. */
export interface PresetData {
  /** Name of the preset; undefined if it is that of a recipe. */
  readonly name: string | undefined;
  readonly preset: Preset;
  readonly source: string;
  /** Records before and after scaling. */
  readonly read: TrainingData;
  readonly data: TrainingData;
  /** Records that are held out, before scaling. */
  readonly heldOut?: TrainingData;
  readonly loading: Loading;
  /** The form in which sequences were read, if it is not that of their kind. */
  readonly sequences?: SequenceForm;
}

/** What a recipe says of data. */
export interface RecipePreset {
  readonly preset: Preset;
  readonly images?: ImageOptions | undefined;
}

/** The form of sequences that a preset asks for, with the --window of the options. Throws UsageError if it has no windows. */
export function formOf({ sequences }: Preset, { window }: DataOptions): SequenceForm | undefined {
  if (window === undefined || sequences) return sequences && { ...sequences, ...(window && { window }) };
  throw new UsageError("train: --window is an option of presets that read music as frames", {
    hint: "leave it out, or choose another preset: rbm chorale",
  });
}

/** Whether the only column of a table that does not hold numbers holds labels: its rows are points with names of classes. */
function isOfPoints({ table }: TrainingData): boolean {
  const others = table?.columns.filter((column) => !isNumbers(column)) ?? [];
  return others.length === 1 && isLabelName(others[0].name);
}

/** Loads the data of a family's preset, or of a recipe; without --preset, the data choose one. */
export async function presetData(
  kind: FamilyKind,
  options: DataOptions,
  terminal: Terminal,
  recipe?: RecipePreset,
): Promise<PresetData> {
  const named = recipe?.preset ?? (options.preset === undefined ? undefined : presetNamed(kind, options.preset));
  const source = options.data ?? (named ? named.data : "digits");
  if (source === undefined)
    throw new UsageError(
      `train: ${options.preset === undefined ? "the recipe" : `preset ${options.preset}`} needs data`,
      {
        hint: "give them with --data, such as --data path/to/mnist",
      },
    );
  const given = imageOptionsOf(options);
  const images = recipe?.images ? { ...recipe.images, ...given } : given;
  const columns = options.columns === undefined ? undefined : await readColumns(options.columns);
  const reading = columns || named?.table ? { columns } : undefined;
  const open = (form: SequenceForm | undefined, table: TableReading | false | undefined = reading) =>
    configuring("check the data given by --data", () =>
      openAsked(source, options, terminal, images, form && { form }, table),
    );
  const first = await open(named && formOf(named, options));
  const name = recipe ? undefined : (options.preset ?? presetForSource(kind, source) ?? presetForData(kind, first));
  const preset = named ?? presetNamed(kind, name as string);
  const form = formOf(preset, options);
  // The data chose a preset that takes them in another form.
  const another = named || !form ? first : await open(form);
  const raw = !reading && !preset.table && isOfPoints(another) ? await open(form, false) : another;
  const wanted = images?.size === undefined ? preset.images?.(raw) : undefined;
  const fitted = wanted && { ...images, ...wanted };
  const read = fitted === undefined ? raw : fitAll(raw, fitted);
  const { train, heldOut, kept } = await partedBy(options.heldOut, read);
  const data = await configuring("give other data with --data", () => normalised(train, preset.normalisation(train)));
  const loading = { ...loadingOf(options, data, fitted, images), ...kept };
  return { name, preset, source, read, data, ...(heldOut && { heldOut }), loading, ...(form && { sequences: form }) };
}
