/** Scripts for Slurm, and words of a shell. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { quoted, rangesOf, shellLine } from "#src/sweep/shell";
import { batchScript, checkSlurm, type SlurmJob, submitScript } from "#src/sweep/slurm";
import { stageOf, type TrialState } from "#src/sweep/stage";
import { checkedSweep } from "#src/sweep/sweep-file";
import type { TrialResult } from "#src/sweep/sweep-folder";

test("a shell reads quoted words as they were", () => {
  const words = ["plain-1.json", "two words", "it's", "$HOME `x` \\", "", "a\nb", "*"];
  const script = `for word in ${shellLine(words)}; do printf '%s\\0' "$word"; done`;
  expect(execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1)).toEqual(words);
  expect(quoted("plain-1.json")).toBe("plain-1.json");
});

test("numbers as ranges", () => {
  expect(rangesOf([1, 2, 3, 7, 9, 10])).toBe("1-3,7,9-10");
});

const ended = (rungs: readonly { steps: number; value: number }[]) =>
  ({ state: "finished", steps: 1, seconds: 1, exitCode: 0, metric: "fid", rungs }) as TrialResult;

function job(fields: object, results: readonly (TrialResult | undefined)[]): SlurmJob {
  const file = checkedSweep({ options: { steps: 90 }, metric: "fid", ...fields }, "file");
  const states = results.map(
    (result, i): TrialState => ({
      trial: { trial: i + 1, seed: 0, settings: {}, args: [], recipe: false },
      ...(result && { result }),
    }),
  );
  const stage = stageOf(file, states, "least");
  return { ...{ file, stage, name: "ring", cwd: "/home/a b", folder: "sweeps/ring" }, program: ["node", "main.js"] };
}

describe("grid and random", () => {
  test("one array with a task for each trial that has not ended, and the user's options of sbatch", () => {
    const slurm = { partition: "cpu", time: "01:00:00", comment: "two words", exclusive: true, "at-once": 2 };
    const made = job({ method: "random", trials: 4, slurm }, [undefined, ended([]), undefined, undefined]);
    expect(batchScript(made)).toBe(`#!/bin/sh
#SBATCH --job-name=ring
#SBATCH --array=1,3-4%2
#SBATCH --output=sweeps/ring/slurm-%A_%a.log
#SBATCH --signal=B:TERM@60
#SBATCH --partition=cpu
#SBATCH --time=01:00:00
#SBATCH --comment="two words"
#SBATCH --exclusive
cd '/home/a b' || exit 1
exec node main.js sweep sweeps/ring --trial "$SLURM_ARRAY_TASK_ID"
`);
    expect(submitScript(made)).toBeUndefined();
  });
});

describe("successive halving", () => {
  const fields = { method: "halving", trials: 4, least: 10 };

  test("one array per rung, each after the one before", () => {
    const made = job(fields, [undefined, undefined, undefined, undefined]);
    expect(batchScript(made)).toMatch(/^exec .* sweep sweeps\/ring --rung "\$1" --place "\$SLURM_ARRAY_TASK_ID"$/m);
    expect(submitScript(made)).toBe(`#!/bin/sh
set -e
cd '/home/a b'
job=$(sbatch --parsable --array=1-4 sweeps/ring/sweep.sbatch 1)
echo "$job"
job=$(sbatch --parsable --dependency=afterany:"\${job%%;*}" --array=1 sweeps/ring/sweep.sbatch 2)
echo "$job"
job=$(sbatch --parsable --dependency=afterany:"\${job%%;*}" --array=1 sweeps/ring/sweep.sbatch 3)
echo "$job"
`);
  });

  test("goes on from the rung that is under way", () => {
    const [one, two] = [ended([{ steps: 10, value: 1 }]), ended([{ steps: 10, value: 2 }])];
    const script = submitScript(job(fields, [two, one, two, two]));
    expect(script?.split("\n").filter((line) => line.includes("sbatch "))).toEqual([
      "job=$(sbatch --parsable --array=1 sweeps/ring/sweep.sbatch 2)",
      `job=$(sbatch --parsable --dependency=afterany:"\${job%%;*}" --array=1 sweeps/ring/sweep.sbatch 3)`,
    ]);
  });
});

test.each([
  [{ array: "1-2" }, 'sweep: slurm.array must be left out: a sweep gives it itself, found "1-2"'],
  [{ "Mail Type": "END" }, 'sweep: slurm.Mail Type must be a long option of sbatch, found "Mail Type"'],
  [{ comment: 'a"b' }, 'sweep: slurm.comment must be one line without quotes, found "a\\"b"'],
  [{ "at-once": 0 }, "sweep: slurm.at-once must be an integer >= 1, found 0"],
])("options of sbatch: %j", (options, message) => {
  expect(() => checkSlurm(options, "sweep")).toThrow(message);
});
