/** `genloom sweep --slurm`: scripts for a cluster, and with --submit their jobs; `--print`: lines for a shell. */
import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { writeSafely } from "../data/formats/safe-file.js";
import { HostError } from "../errors.js";
import { shellLine } from "../sweep/shell.js";
import { batchScript, checkSlurm, type SlurmJob, submitScript } from "../sweep/slurm.js";
import type { SweepFolder } from "../sweep/sweep-folder.js";
import { program } from "./child-command.js";
import { configuring } from "./failure.js";
import { currentStage } from "./sweep-report.js";
import type { Terminal } from "./terminal.js";

/** Writes the scripts of what is left of a sweep, and submits them if asked. */
export async function toSlurm(
  sweep: SweepFolder,
  { submit }: { readonly submit: boolean },
  terminal: Terminal,
): Promise<void> {
  const { file, path } = sweep;
  await configuring("fix the options of sbatch in the file of the sweep", () => checkSlurm(file.slurm, path));
  const stage = await currentStage(sweep);
  const tasks = stage.pending.length;
  if (tasks === 0) {
    terminal.document({ sweep: path, tasks, script: null, jobs: [] });
    terminal.text(`${path}: nothing is left to run`);
    return;
  }
  const job: SlurmJob = { file, stage, name: basename(path), cwd: process.cwd(), folder: path, program };
  const script = join(path, "sweep.sbatch");
  await writeSafely(script, batchScript(job));
  const rungs = submitScript(job);
  const submitting = rungs === undefined ? ["sbatch", "--parsable", script] : ["sh", join(path, "submit.sh")];
  if (rungs !== undefined) await writeSafely(join(path, "submit.sh"), rungs);
  const jobs = submit ? await submitted(submitting) : [];
  terminal.document({ sweep: path, tasks, script, submit: submitting, jobs });
  terminal.text(
    `${script}: ${tasks} tasks${rungs === undefined ? "" : ` in rung ${stage.rung + 1} of ${stage.rungs.length}`}`,
  );
  terminal.text(submit ? `submitted: ${jobs.join(", ")}` : `submit with: ${shellLine(submitting)}`);
}

/** Submits, and returns the numbers of the jobs. Throws HostError if Slurm refuses, or is missing. */
async function submitted([path, ...args]: readonly string[]): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(path, args);
    return stdout.trim().split("\n");
  } catch (cause) {
    const { code, stderr = "" } = cause as { code?: unknown; stderr?: string };
    const said = stderr.trim().split("\n")[0] ?? "";
    throw new HostError(
      code === "ENOENT"
        ? "sweep: sbatch is not installed here"
        : `sweep: sbatch refused the job: ${said || String(code)}`,
      { hint: "--slurm without --submit writes the scripts; submit them where Slurm is", cause },
    );
  }
}

/** One line for each trial that can run now, for GNU parallel or a shell. */
export async function printLines(sweep: SweepFolder, terminal: Terminal): Promise<void> {
  const { pending, rung, rungs } = await currentStage(sweep);
  const place = shellLine(["cd", process.cwd()]);
  for (const { trial } of pending)
    terminal.data(`${place} && ${shellLine([...program, "sweep", sweep.path, "--trial", String(trial.trial)])}\n`);
  if (rung + 1 < rungs.length && pending.length > 0)
    terminal.message(`rung ${rung + 1} of ${rungs.length}: when these have ended, --print gives the trials that go on`);
}
