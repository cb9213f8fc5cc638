/**
 * Scripts for Slurm: `sweep.sbatch`, an array of one task per trial, and for successive halving `submit.sh`, which submits
 * one array per rung, each after the one before has ended.
 */
import { textOf } from "../options.js";
import { quoted, rangesOf, shellLine } from "./shell.js";
import type { Stage } from "./stage.js";
import type { Options, SweepFile } from "./sweep-file.js";

export interface SlurmJob {
  readonly file: SweepFile;
  readonly stage: Stage;
  /** Name of the job. */
  readonly name: string;
  /** The folder in which the sweep was started, and that of the sweep. */
  readonly cwd: string;
  readonly folder: string;
  /** The program and its first arguments. */
  readonly program: readonly string[];
}

/** Options that a sweep gives itself. */
const own = ["array", "dependency", "parsable", "wrap", "test-only", "chdir"];

/** Checks the options of sbatch. Throws TypeError that names the first wrong one. */
export function checkSlurm(options: Options, what: string): void {
  for (const [name, value] of Object.entries(options)) {
    const where = `${what}: slurm.${name}`;
    if (own.includes(name))
      throw new TypeError(`${where} must be left out: a sweep gives it itself, found ${textOf(value)}`);
    if (!/^[a-z][a-z-]*$/.test(name))
      throw new TypeError(`${where} must be a long option of sbatch, found ${textOf(name)}`);
    if (/[\n"]/.test(String(value)))
      throw new TypeError(`${where} must be one line without quotes, found ${textOf(value)}`);
    if (name === "at-once" && !(Number.isInteger(value) && (value as number) >= 1))
      throw new TypeError(`${where} must be an integer >= 1, found ${textOf(value)}`);
  }
}

function directives(options: Options): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (name === "at-once" || value === false) return [];
    const text = String(value);
    return [`#SBATCH --${name}${value === true ? "" : `=${/\s/.test(text) ? `"${text}"` : text}`}`];
  });
}

/** `1-8%4` */
const arrayOf = (numbers: readonly number[], { slurm }: SweepFile) =>
  `${rangesOf(numbers)}${slurm["at-once"] === undefined ? "" : `%${slurm["at-once"]}`}`;

/** The tasks of the stage: numbers of trials, or places in the rung. */
function tasksOf({ pending, members, rung }: Stage, { method }: SweepFile): number[] {
  if (method !== "halving") return pending.map(({ trial }) => trial.trial);
  return pending.map((state) => members[rung].indexOf(state) + 1);
}

/** The script of an array of tasks, one per trial that has not ended. */
export function batchScript({ file, stage, name, cwd, folder, program }: SlurmJob): string {
  const halving = file.method === "halving";
  const usual = {
    "job-name": name,
    array: arrayOf(tasksOf(stage, file), file),
    output: `${folder}/slurm-%A_%a.log`,
    // A minute before the end of its time a trial is saved; submitted again, it goes on.
    signal: "B:TERM@60",
  };
  const task = halving ? '--rung "$1" --place "$SLURM_ARRAY_TASK_ID"' : '--trial "$SLURM_ARRAY_TASK_ID"';
  return [
    "#!/bin/sh",
    ...directives({ ...usual, ...file.slurm }),
    ...(halving ? ["# Submitted by submit.sh, with the number of the rung."] : []),
    `cd ${quoted(cwd)} || exit 1`,
    `exec ${shellLine([...program, "sweep", folder])} ${task}`,
    "",
  ].join("\n");
}

/** The script that submits the rungs that are left; undefined if one array is all. */
export function submitScript({ file, stage, cwd, folder }: SlurmJob): string | undefined {
  if (file.method !== "halving") return undefined;
  const script = quoted(`${folder}/sweep.sbatch`);
  const lines = stage.rungs.slice(stage.rung).flatMap(({ trials }, i) => {
    const tasks = i === 0 ? tasksOf(stage, file) : Array.from({ length: trials }, (_, place) => place + 1);
    const after = i === 0 ? "" : `--dependency=afterany:"\${job%%;*}" `;
    const rung = stage.rung + i + 1;
    return [`job=$(sbatch --parsable ${after}--array=${arrayOf(tasks, file)} ${script} ${rung})`, 'echo "$job"'];
  });
  return ["#!/bin/sh", "set -e", `cd ${quoted(cwd)}`, ...lines, ""].join("\n");
}
