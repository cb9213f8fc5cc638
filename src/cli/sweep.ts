/** `genloom sweep`: trains a model many times, with other options each time, and ranks what comes of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../errors.js";
import { SweepFolder } from "../sweep/sweep-folder.js";
import { type CommandContext, terminalFor } from "./context.js";
import { type OutputOptions, outputOptions, path as pathOf, whole } from "./options.js";
import { planSweep, trialNumbered } from "./sweep-plan.js";
import { currentStage, type SweepDocument, sweepDocument, sweepLines } from "./sweep-report.js";
import { runAll, runAlone } from "./sweep-run.js";
import { printLines, toSlurm } from "./sweep-slurm.js";
import type { Terminal } from "./terminal.js";
import { interrupted } from "./train.js";

interface SweepOptions extends OutputOptions {
  readonly out?: string;
  readonly trial?: number;
  readonly rung?: number;
  readonly place?: number;
  readonly retry?: boolean;
  readonly slurm?: boolean;
  readonly submit?: boolean;
  readonly print?: boolean;
}

/** Adds the options and the action of `genloom sweep`. */
export function sweepCommand(command: Command, context: CommandContext): void {
  command
    .argument("<file>", "what varies, as JSON; or the folder of a sweep, which goes on", pathOf)
    .option("--out <folder>", "folder of the sweep (default: sweeps/NAME, by the name of the file)", pathOf)
    .option("--retry", "run failed trials again")
    .addOption(new Option("--print", "print one line of a shell per trial, and run none").conflicts(["slurm", "trial"]))
    .addOption(
      new Option("--slurm", "write an array job of one task per trial, and run none").conflicts(["trial", "place"]),
    )
    .option("--submit", "with --slurm: submit the job, too")
    .addOption(new Option("--trial <n>", "run this trial alone").argParser(whole(1)).conflicts("place"))
    .option("--rung <n>", "of successive halving, with --place: the rung", whole(1))
    .option("--place <n>", "run the trial alone that has this place in the rung before", whole(1))
    .addHelpText("after", "\ndocs/cluster.md describes the file.");
  outputOptions(command);
  context.action(command, async (path: string, options: SweepOptions) => {
    const terminal = terminalFor(context, options);
    checkTogether(options);
    const sweep = await sweepAt(path, options.out, terminal);
    if (options.retry) await forgetFailures(sweep);
    if (options.print) {
      await printLines(sweep, terminal);
      return 0;
    }
    if (options.slurm) {
      await toSlurm(sweep, { submit: options.submit ?? false }, terminal);
      return 0;
    }
    if (options.trial !== undefined || options.place !== undefined) return oneTrial(sweep, options, terminal);
    const stopped = await runAll(sweep, terminal);
    return report(await sweepDocument(sweep, { interrupted: stopped }), path, terminal);
  });
}

function checkTogether({ slurm, submit, rung, place }: SweepOptions): void {
  if (submit && !slurm)
    throw new UsageError("sweep: --submit needs --slurm", { hint: "genloom sweep FILE --slurm --submit" });
  if ((rung === undefined) !== (place === undefined))
    throw new UsageError("sweep: --rung and --place need each other", { hint: "to run one trial, give --trial" });
}

/** The sweep of a file, or that of a folder. */
async function sweepAt(path: string, out: string | undefined, terminal: Terminal): Promise<SweepFolder> {
  if (!existsSync(join(path, "sweep.json"))) return planSweep(path, out, terminal);
  if (out !== undefined)
    throw new UsageError("sweep: --out cannot be combined with the folder of a sweep", { hint: "leave it out" });
  return (await SweepFolder.open(path)) as SweepFolder;
}

async function forgetFailures(sweep: SweepFolder): Promise<void> {
  for (const trial of sweep.trials)
    if ((await sweep.result(trial))?.state === "failed") await sweep.forgetResult(trial);
}

/** Runs the trial that the options name, if it has anything to do. */
async function oneTrial(sweep: SweepFolder, { trial, rung, place }: SweepOptions, terminal: Terminal): Promise<number> {
  const stage = await currentStage(sweep, rung === undefined ? undefined : rung - 1);
  if (rung !== undefined && rung > stage.rungs.length)
    throw new UsageError(`sweep: --rung must be a number from 1 to ${stage.rungs.length}, found ${rung}`, {
      hint: "only successive halving has more than one rung",
    });
  if (rung !== undefined && stage.rung < rung - 1)
    throw new UsageError(
      `sweep: rung ${stage.rung + 1} has trials that have not ended: ${stage.pending.map((one) => one.trial.trial).join(", ")}`,
      { hint: `genloom sweep ${sweep.path} runs them here, --slurm writes their jobs` },
    );
  const named = trial === undefined ? undefined : trialNumbered(sweep, trial);
  const member = named ? undefined : stage.members[stage.rung][(place ?? 1) - 1];
  const number = named?.trial ?? member?.trial.trial;
  const next = stage.pending.find((one) => one.trial.trial === number);
  if (next) {
    const code = await runAlone(sweep, next, stage, terminal);
    terminal.document(await trialDocument(sweep, next.trial.trial));
    return code;
  }
  terminal.message(number === undefined ? `no trial has place ${place}` : `trial ${number} has nothing left to do`);
  terminal.document(number === undefined ? { place } : await trialDocument(sweep, number));
  return 0;
}

const trialDocument = async (sweep: SweepFolder, number: number) =>
  (await sweepDocument(sweep, { interrupted: false })).trials.find(({ trial }) => trial === number) as object;

/** Writes the result of a whole sweep; returns the exit code. */
function report(document: SweepDocument, path: string, terminal: Terminal): number {
  terminal.document(document);
  for (const line of sweepLines(document)) terminal.text(line);
  const { best, metric, finished, failed, left, trials } = document;
  if (best) terminal.text(`best by ${metric}: trial ${best.trial}, ${best.run}`);
  if (document.interrupted) {
    terminal.message(`go on with: genloom sweep ${path}`);
    return interrupted;
  }
  if (left > 0) terminal.message(`${left} trials are left to other processes; the same command goes on after them`);
  if (finished > 0 || failed === 0) return 0;
  terminal.error(
    `${terminal.red("error:")} sweep: no trial has finished; the first failed with: ${trials.find((one) => one.error)?.error}`,
  );
  terminal.error(
    `${terminal.dim("hint:")} its messages are in train.log of its folder; --retry runs failed trials again`,
  );
  return trials.find((one) => one.exitCode)?.exitCode ?? 1;
}
