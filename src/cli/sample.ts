/** `genloom sample`: draws from a run's model, as an image, an array or a table. */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../errors.js";
import { formatNpy } from "../io/npy.js";
import { encodePng } from "../io/png.js";
import { writeSafely } from "../io/safe-file.js";
import { isImage, isPoints, sheet } from "../report/preview.js";
import { scatter } from "../report/scatter.js";
import { sizeOf, type Shape } from "../shape.js";
import { terminalFor } from "./cli.js";
import type { CommandContext } from "./commands.js";
import { configuring } from "./failure.js";
import { loadRun } from "./loaded-run.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  type OutputOptions,
  outputOptions,
  whole,
} from "./options.js";
import { rawValues } from "./run-data.js";
import type { RunData } from "../train/run-folder.js";

interface SampleOptions extends HostOptions, OutputOptions {
  readonly count: number;
  readonly seed: number;
  readonly out?: string;
  readonly step?: number;
}

/** Raw samples [count, ...shape] as the bytes of a file; normalised ones for images. */
type Format = (values: Float32Array, data: RunData) => Uint8Array | string;

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
  npy: (values, data) => formatNpy(rawValues(values, data), [values.length / sizeOf(data.shape), ...data.shape]),
  csv: (values, data) => csv(rawValues(values, data), data.shape),
};

function csv(values: Float32Array, shape: Shape): string {
  const columns = sizeOf(shape);
  const rows: string[] = [];
  for (let from = 0; from < values.length; from += columns) rows.push(values.subarray(from, from + columns).join(","));
  return `${rows.join("\n")}\n`;
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

export function sampleCommand(command: Command, context: CommandContext): void {
  command
    .argument("<run>", "run folder")
    .option("--count <n>", "samples to draw", whole(1), 64)
    .option("--seed <n>", "seed of the latents", whole(0), 0)
    .option("--out <file>", ".png, .npy or .csv; RUN/samples/seed-N.png for images, .csv to stdout otherwise", outFile);
  checkpointOption(hostOptions(outputOptions(command)));
  context.action(command, async (path: string, options: SampleOptions) => {
    const terminal = terminalFor(context, options);
    const { run, runtime, model, checkpoint } = await loadRun(path, options);
    try {
      const { count, seed } = options;
      const { data } = run.settings;
      const { data: values, shape } = await configuring("choose a smaller --count", () =>
        model.sample(count, { seed }),
      );
      const out = options.out ?? (isImage(data.shape) ? join(path, "samples", `seed-${seed}.png`) : undefined);
      if (out !== undefined) await writeSafely(out, formats[endingOf(out)](values, data));
      terminal.document({
        run: path,
        step: checkpoint.step,
        count,
        seed,
        shape,
        ...(out === undefined ? { samples: rows(rawValues(values, data), data.shape) } : { file: out }),
      });
      terminal.text(out ?? csv(rawValues(values, data), data.shape).trimEnd());
      return 0;
    } finally {
      await runtime.close();
    }
  });
}

function rows(values: Float32Array, shape: Shape): number[][] {
  const columns = sizeOf(shape);
  return Array.from({ length: values.length / columns }, (_, row) => [
    ...values.subarray(row * columns, (row + 1) * columns),
  ]);
}
