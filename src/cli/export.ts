/** `genloom export`: a trained model as a file that runs or opens without genloom. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { makeFolder, writeSafely } from "../data/formats/safe-file.js";
import { UsageError } from "../errors.js";
import { formats } from "../export/formats.js";
import type { ExportFormat } from "../train/exporting.js";
import { type CommandContext, terminalFor } from "./context.js";
import { configuring } from "./failure.js";
import { checkTrained, loadModel } from "./loaded-run.js";
import { checkpointOption, type OutputOptions, outputOptions, path as pathOf, whole } from "./options.js";

interface Flags extends OutputOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly limit?: number;
  readonly score?: boolean;
  readonly separate?: boolean;
  readonly title?: string;
  readonly step?: number | "best";
}

/** The flags that belong to some formats only, with the option that each of them gives. */
const own = {
  limit: { formats: ["wasm", "js", "html"], option: ({ limit }: Flags) => ({ limit }) },
  score: { formats: ["wasm", "js", "html"], option: ({ score }: Flags) => ({ score }) },
  separate: { formats: ["js"], option: () => ({ wasm: "separate" as const }) },
  title: { formats: ["html"], option: ({ title }: Flags) => ({ title }) },
} as const;

/** The options of the format. Throws UsageError for a flag of another format. */
function optionsOf(flags: Flags): object {
  const options = {};
  for (const [name, { formats: users, option }] of Object.entries(own)) {
    if (flags[name as keyof typeof own] === undefined) continue;
    if (!(users as readonly string[]).includes(flags.format))
      throw new UsageError(`export: --${name} must be used with --format ${users.join(", ")}, found ${flags.format}`, {
        hint: `leave out --${name}`,
      });
    Object.assign(options, option(flags));
  }
  return options;
}

/** The ending of a format's file. */
const endingOf = (format: string) => `.${format}`;

/**
 * Throws UsageError if the path has the ending of another format's file, or of any file where a folder is needed: a module
 * named model.safetensors would take the place of the saved model.
 */
function checkOut(out: string, format: ExportFormat): void {
  const other = Object.keys(formats).find((name) => out.toLowerCase().endsWith(endingOf(name)));
  if (other === undefined || (other === format && !formats[format].folder)) return;
  throw new UsageError(
    formats[format].folder
      ? `export: --out must be a folder with --format ${format}, found ${out}`
      : `export: --out must end in ${endingOf(format)} with --format ${format}, found ${out}`,
    { hint: other === format ? "it will hold generator.js" : `choose another name, or --format ${other}` },
  );
}

const list = Object.entries(formats)
  .map(([name, { summary }]) => `${name}: ${summary}`)
  .join("; ");

/** Adds the options and the action of `genloom export`. */
export function exportCommand(command: Command, context: CommandContext): void {
  command
    .argument("<saved>", "run folder, saved model or checkpoint", pathOf)
    .addOption(new Option("--format <name>", list).choices(Object.keys(formats)).default("wasm"))
    .option("--out <path>", "file, or folder of js (default: generator.wasm, generator.html, … in this folder)", pathOf)
    .option("--limit <n>", "maximum number of records of one call (default: as many as 64 MiB hold)", whole(1))
    .option("--score", "include the score of records, and the weights that only it needs")
    .option("--separate", "js: generator.wasm as a file of its own")
    .option("--title <text>", "html: title of the page");
  checkpointOption(outputOptions(command));
  context.action(command, async (path: string, flags: Flags) => {
    const terminal = terminalFor(context, flags);
    const { format, out } = flags;
    const options = optionsOf(flags);
    if (out !== undefined) checkOut(out, format);
    const at = flags.step === undefined ? {} : { step: flags.step };
    // The programs of an export are compiled, not run.
    const loaded = await loadModel(path, { ...at, threads: 1, wide: "off" });
    const { model, runtime } = loaded;
    try {
      checkTrained(loaded, flags.step);
      const row = formats[format];
      const { files, parts } = await configuring("see genloom export --help", () => row.files(model, options));
      const names = Object.keys(files);
      const paths = row.folder ? names.map((name) => join(out ?? "generator", name)) : [out ?? names[0]];
      if (row.folder) await makeFolder(out ?? "generator");
      for (const [i, name] of names.entries()) await writeSafely(paths[i], files[name]);
      const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
      const file = row.folder ? (out ?? "generator") : paths[0];
      terminal.document({ format, file, bytes, ...(row.folder && { files: paths }), ...(parts && { parts }) });
      terminal.text(`${paths.join("\n")}`);
      terminal.message(
        `${bytes} bytes${
          parts
            ? ` (${Object.entries(parts)
                .map(([name, of]) => `${name} ${of}`)
                .join(", ")})`
            : ""
        }`,
      );
      return 0;
    } finally {
      await runtime.close();
    }
  });
}
