/** Options shared by several commands, and the checks of their values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Channels, Colour } from "../data/images/colour.js";
import { fits, type ImageOptions } from "../data/images/image-fit.js";
import { mostLanes } from "../host/memory.js";

/** Limit on steps, records and samples: 31 bits. */
const mostCounted = 2 ** 31 - 1;

/** An integer >= least. */
export const whole =
  (least: number, most = mostCounted) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be an integer >= ${least}${value > most ? ` and <= ${most}` : ""}.`);
  };

/** An integer >= least; its upper limit depends on the data and is checked later. */
export const wholeOfData = (least: number) => whole(least, Number.MAX_SAFE_INTEGER);

/** Seeds are integers that a double represents exactly. */
export const seedNumber = whole(0, Number.MAX_SAFE_INTEGER);

/** `auto` or an integer >= 1. */
export const threadCount = (text: string): number | "auto" => (text === "auto" ? "auto" : whole(1, mostLanes)(text));

/** `1,2` */
export const threadList = (text: string): number[] => text.split(",").map((one) => whole(1, mostLanes)(one));

/** A path; an empty one is usually an unset variable of the shell. */
export const path = (text: string): string => {
  if (text !== "" && !text.includes("\0")) return text;
  throw new InvalidArgumentError("It must be a path that is not empty.");
};

/** `a,b`: names separated by commas. */
export const names = (text: string): string[] => {
  const found = text.split(",").map((name) => name.trim());
  if (found.every((name) => name !== "")) return found;
  throw new InvalidArgumentError("It must be names separated by commas.");
};

/** `best`, or an integer >= 0. */
export const stepOrBest = (text: string): number | "best" => (text === "best" ? text : whole(0)(text));

/** A share above 0 and below 1, or a count >= 1. */
export const shareOrCount = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && ((value > 0 && value < 1) || (Number.isSafeInteger(value) && value >= 1))) return value;
  throw new InvalidArgumentError("It must be a share between 0 and 1, or a number of records >= 1.");
};

/** A number above 0. */
export const seconds = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
};

/** A number above 0. */
export const positive = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
};

/** A number of 0 or more. */
export const fromZero = (text: string): number => (Number(text) === 0 && text.trim() !== "" ? 0 : positive(text));

/** A number above 0, up to 1. */
export const share = (text: string): number => {
  const value = positive(text);
  if (value <= 1) return value;
  throw new InvalidArgumentError("It must be a number above 0, at most 1.");
};

/** `#rrggbb`, or `#rgb` with each digit doubled, as [red, green, blue]. */
export const colour = (text: string): Colour => {
  const digits = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text)?.[1];
  if (digits === undefined) throw new InvalidArgumentError("It must be a colour such as #rrggbb or #rgb.");
  const long = digits.length === 6 ? digits : digits.replace(/./g, "$&$&");
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16));
  return [red, green, blue];
};

export interface OutputOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

export interface HostOptions {
  readonly threads: number | "auto";
  readonly deterministic?: boolean;
  readonly wide: "auto" | "on" | "off";
}

/** Values of --distributed, --exchange-timeout and --batch-statistics. */
export interface DistributedFlags {
  readonly distributed?: "mpi";
  readonly exchangeTimeout?: number;
  readonly batchStatistics?: "sync" | "rank";
}

/** --json, --quiet, --debug */
export function outputOptions(command: Command, { lines = false } = {}): Command {
  command.addOption(new Option("--json", "print one JSON document to stdout").conflicts("jsonl"));
  if (lines) command.option("--jsonl", "print JSON lines to stdout: one per event, the document last");
  return command.option("--quiet", "no progress and no messages").option("--debug", "show the stacks of errors");
}

/** Values of --size, --fit, --channels and --background. */
export interface ImageFlags {
  readonly size?: number;
  readonly fit?: ImageOptions["fit"];
  readonly channels?: string;
  readonly background?: Colour;
  readonly skipBad?: boolean;
  readonly stream?: boolean;
}

/** --size, --fit, --channels, --background, --stream, --skip-bad */
export function imageFlags(command: Command): Command {
  return command
    .option("--size <n>", "height and width of images", wholeOfData(1))
    .addOption(
      new Option(
        "--fit <how>",
        "how images are fitted to --size; auto: small ones are centred, large ones as cover",
      ).choices(fits),
    )
    .addOption(new Option("--channels <n>", "grey, RGB, or RGB with alpha").choices(["1", "3", "4"]))
    .option("--background <colour>", "colour behind transparent and around small images (default: #000000)", colour)
    .option("--stream", "read records from disk during training (default for data above 1 GiB)")
    .option("--skip-bad", "leave out images of a folder that cannot be used, and list them");
}

/** The same as options of a data set; undefined if none was given. */
export function imageOptionsOf({ size, fit, channels, background }: ImageFlags): ImageOptions | undefined {
  const given = {
    ...(size === undefined ? {} : { size }),
    ...(fit === undefined ? {} : { fit }),
    ...(channels === undefined ? {} : { channels: Number(channels) as Channels }),
    ...(background === undefined ? {} : { background }),
  };
  return Object.keys(given).length > 0 ? given : undefined;
}

/** --threads, --deterministic, --wide */
export function hostOptions(command: Command): Command {
  return command
    .option("--threads <n>", "number of lanes (threads), or auto: one per core", threadCount, "auto")
    .option("--deterministic", "the same bits on every engine: no relaxed SIMD")
    .addOption(
      new Option("--wide <when>", "256-bit vectors by V8's experimental flag, with the same bits; auto: Node 24 on x64")
        .choices(["auto", "on", "off"])
        .default("auto"),
    );
}

/** --step and --kinds, for commands that load a run. */
export function checkpointOption(command: Command): Command {
  return command
    .option("--step <n>", "use the checkpoint of this step, or the best one (best), not the newest", stepOrBest)
    .option("--kinds <file>", "a JavaScript module that calls defineKind, for layers and losses of your own", path);
}

/** The name of an option on the command line, without dashes in front: `topK` -> `top-k`. */
export const flagOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
