/** `genloom runs`: lists the runs in folders, with how far they have come, ranked by a metric if one is named. */
import { readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { GenloomError, UsageError } from "../errors.js";
import { meant } from "../options.js";
import { ranked } from "../sweep/rungs.js";
import { type Goal, goals } from "../sweep/sweep-file.js";
import { parse, read } from "../train/run-files.js";
import { RunFolder } from "../train/run-folder.js";
import { isLocked } from "../train/run-lock.js";
import { type CommandContext, terminalFor } from "./context.js";
import { scoreText } from "./evaluation-table.js";
import { directionOf } from "./metric-direction.js";
import { type OutputOptions, outputOptions } from "./options.js";
import { evaluatedNames, runValue } from "./run-values.js";
import { tableLines } from "../report/columns.js";

interface RunsOptions extends OutputOptions {
  readonly by?: string;
  readonly goal?: Goal;
}

/** Where `train` and `sweep` put runs, unless they are told. */
const usualFolders = ["runs", "sweeps"];

/** Folders in folders that are searched for runs. */
const deepest = 4;

/** Adds the options and the action of `genloom runs`. */
export function runsCommand(command: Command, context: CommandContext): void {
  command
    .argument("[folders...]", "runs, or folders that hold some, such as that of a sweep (default: runs and sweeps)")
    .option("--by <metric>", "rank by a metric of their evaluations, such as fid, or by a loss")
    .addOption(new Option("--goal <what>", "which values are better, if the metric does not tell").choices(goals));
  outputOptions(command);
  context.action(command, async (folders: string[], { by, goal, ...output }: RunsOptions) => {
    const terminal = terminalFor(context, output);
    const paths = await foundIn(folders);
    const rows = await Promise.all(paths.map((path) => rowOf(path, by)));
    const direction = by === undefined ? undefined : await goalOf(by, goal, rows);
    const runs = direction ? ranked(rows, direction) : rows;
    terminal.document({ ...(by !== undefined && { by, goal: direction }), runs });
    for (const line of linesOf(runs, by)) terminal.text(line);
    return 0;
  });
}

/** The runs in the folders, by name. Throws UsageError if a folder is missing. */
async function foundIn(folders: readonly string[]): Promise<string[]> {
  const named = folders.length > 0;
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined)
    throw new UsageError(`runs: ${missing}: no such folder`, { hint: "give folders that hold runs" });
  const searched = named ? folders : usualFolders.filter((folder) => existsSync(folder));
  const found = await Promise.all(searched.map((folder) => runsIn(folder, deepest)));
  return [...new Set(found.flat())];
}

async function runsIn(folder: string, depth: number): Promise<string[]> {
  if (existsSync(join(folder, "config.json"))) return [folder];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inner = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map((entry) => join(folder, entry.name))
    .sort();
  return (await Promise.all(inner.map((one) => runsIn(one, depth - 1)))).flat();
}

type RunState = "finished" | "ended early" | "stopped" | "interrupted" | "running" | "failed" | "unreadable";

interface Row {
  readonly run: string;
  readonly model?: string;
  readonly preset?: string;
  readonly data?: string;
  readonly seed?: number;
  readonly step?: number;
  readonly steps?: number;
  readonly state: RunState;
  readonly error?: string;
  readonly value?: number;
  readonly floor?: number;
  /** Step of the checkpoint that has the value. */
  readonly valueStep?: number;
}

/** A row of the list; a damaged run has one, too. */
async function rowOf(path: string, by: string | undefined): Promise<Row> {
  try {
    const run = await RunFolder.open(path);
    const { model, preset, data, seed, steps } = run.settings;
    const step = (await run.steps()).at(-1) ?? 0;
    const found = by === undefined ? undefined : await runValue(run, by);
    return {
      ...{ run: path, model, preset, data: data.name, seed, step, steps, state: await stateOf(run, step) },
      ...(found && { value: found.value, valueStep: found.step }),
      ...(found?.floor !== undefined && { floor: found.floor }),
    };
  } catch (error) {
    if (!(error instanceof GenloomError)) throw error;
    return { run: path, state: "unreadable", error: error.message };
  }
}

async function stateOf(run: RunFolder, step: number): Promise<RunState> {
  if (await isLocked(run.path)) return "running";
  if (step >= run.settings.steps) return "finished";
  const result = await read(join(run.path, "result.json")).catch(() => undefined);
  // Of a trial of a sweep: successive halving ends some of them before their last step.
  if (result) return (parse(result, run.path) as { state?: unknown } | null)?.state === "failed" ? "failed" : "stopped";
  const { patience } = run.settings.evaluation ?? {};
  const mark = await run.best.mark();
  if (patience === undefined || !mark) return "interrupted";
  const worse = (await run.evaluations()).filter(
    ({ step: at, metrics }) => at > mark.step && metrics[mark.metric] !== undefined,
  ).length;
  return worse >= patience ? "ended early" : "interrupted";
}

/** The direction of the metric. Throws UsageError if no run has it, or its direction is not known. */
async function goalOf(by: string, goal: Goal | undefined, rows: readonly Row[]): Promise<Goal> {
  if (rows.length > 0 && rows.every(({ value }) => value === undefined)) {
    const readable = rows.filter(({ state }) => state !== "unreadable");
    const names = await Promise.all(readable.map(async ({ run }) => evaluatedNames(await RunFolder.open(run))));
    const known = [...new Set(names.flat())];
    throw new UsageError(`runs: no run has been evaluated by ${by}`, {
      hint:
        known.length > 0
          ? `${meant(by, known)}metrics of these runs: ${known.join(", ")}`
          : "genloom evaluate RUN, or train --eval-every N",
    });
  }
  const found = goal ?? directionOf(by);
  if (found) return found;
  throw new UsageError(`runs: --goal must be given for ${by}, whose direction is not known, found none`, {
    hint: `--goal ${goals.join(", ")}`,
  });
}

/** The rows as a table. */
function linesOf(rows: readonly Row[], by: string | undefined): string[] {
  if (rows.length === 0) return ["no runs"];
  const score = (value: number | undefined) => (value === undefined ? "" : scoreText(value));
  const head = ["run", "model", "preset", "data", "steps", "state"];
  const measured = by === undefined ? [] : [by, "floor", "at step"];
  return tableLines(
    [...head, ...measured],
    rows.map(({ run, model = "", preset = "", data = "", step, steps, state, error, value, floor, valueStep }) => [
      ...[run, model, preset, data, steps === undefined ? "" : `${step}/${steps}`],
      error === undefined ? state : `${state}: ${error}`,
      ...(by === undefined ? [] : [score(value), score(floor), String(valueStep ?? "")]),
    ]),
  );
}
