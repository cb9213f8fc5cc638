/** `genloom inspect` of data: what a file of records, a folder of images or a built-in data set holds. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isBuiltinName } from "../data/builtin.js";
import { isArrayFile } from "../data/data-path.js";
import { openDataset } from "../data/load.js";
import { closeData, type Described, isStreamed, type TrainingData } from "../data/training-data.js";
import { BadFileError } from "../errors.js";
import type { Terminal } from "./terminal.js";

/** Classes of which the number of records is shown. */
const mostShown = 12;

const statusOf = (path: string) => stat(path).catch(() => undefined);

/**
 * Whether a path is of data, not of a run or a saved model: a file of arrays, a folder without what a run has, or the name of a
 * built-in data set that no file has.
 */
export async function isData(path: string): Promise<boolean> {
  const status = await statusOf(path);
  if (status === undefined) return isBuiltinName(path);
  if (!status.isDirectory()) return isArrayFile(path);
  const ofRun = await Promise.all(["config.json", "checkpoints"].map((name) => statusOf(join(path, name))));
  return ofRun.every((found) => found === undefined);
}

/** Number of records per class, in the order of the classes; undefined without labels. */
function classCounts({ labels, classes = 0, classNames }: Described): Record<string, number> | undefined {
  if (labels === undefined) return undefined;
  const counts = Array.from({ length: classes }, () => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Object.fromEntries(counts.map((count, label) => [classNames?.[label] ?? `class ${label}`, count]));
}

/** The meaning of the axes of a record, as far as the shape says it. */
const axesText = ({ shape }: Described): string =>
  shape.length === 3 ? "height, width, channels" : shape.length === 1 ? "values" : "axes";

/** Opens data; a folder without any may also have been meant as a run. */
async function opened(path: string): Promise<TrainingData> {
  try {
    return await openDataset(path);
  } catch (cause) {
    if (!(cause instanceof BadFileError) || cause.code !== "ERR_DIRECTORY_WITHOUT_DATA") throw cause;
    const hint = `a run has a config.json; as data, ${cause.hint}`;
    throw new BadFileError(cause.message, { code: cause.code, hint, cause });
  }
}

/** Prints number, shape, values and classes of the records. Returns the exit code. */
export async function inspectData(path: string, terminal: Terminal): Promise<number> {
  const data = await opened(path);
  try {
    const { count, shape, extent } = data;
    const classes = classCounts(data);
    terminal.document({ data: path, count, shape, extent, streamed: isStreamed(data), ...(classes && { classes }) });
    const named = Object.entries(classes ?? {}).map(([name, of]) => `${name}: ${of.toLocaleString("en")}`);
    const shown = named.length > mostShown ? [...named.slice(0, mostShown), "…"] : named;
    const lines = {
      data: path,
      records: `${count.toLocaleString("en")} of [${shape.join(", ")}] (${axesText(data)})`,
      range: `${extent[0]} to ${extent[1]}${isStreamed(data) ? ", read from disk during training" : ""}`,
      classes: classes === undefined ? "none: the records have no labels" : `${named.length}: ${shown.join(", ")}`,
    };
    for (const [name, text] of Object.entries(lines)) terminal.text(`${name.padEnd(9)}${text}`);
    return 0;
  } finally {
    await closeData(data);
  }
}
