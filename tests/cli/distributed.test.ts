/** `--distributed` without a group: what the command line says. Trainings by ranks of Open MPI are in tests/mpi. */
import { expect, test } from "vitest";
import { hostOfRank, joinGroup, planTogether, ReportedElsewhere } from "#src/cli/distributed";
import { localGroup } from "#src/host/local-group";
import { UsageError } from "#src/errors";
import { expectFailure, freshFolder, genloom } from "./genloom.js";

const small = ["train", "gan", "--data", "ring", "--count", "50", "--steps", "1"];

test.each([
  ["mpirun", { OMPI_COMM_WORLD_SIZE: "4" }],
  ["srun", { SLURM_STEP_NUM_TASKS: "4" }],
])("processes that %s started do not all train the same", async (_, env) => {
  const outcome = await genloom(small, { cwd: freshFolder(), env });
  const error = /^error: train: 4 processes must not do the same work without --distributed mpi, found no such option$/;
  expectFailure(outcome, 2, error, /add --distributed mpi/);
});

test.each([
  ["--exchange-timeout", "5"],
  ["--batch-statistics", "rank"],
])("%s needs a group", async (flag, value) => {
  const outcome = await genloom([...small, flag, value], { cwd: freshFolder() });
  expectFailure(outcome, 2, new RegExp(`^error: train: ${flag} needs --distributed mpi$`), /mpirun or srun/);
});

test("a job step of one task is no group", async () => {
  expect(await joinGroup("train", {}, { SLURM_STEP_NUM_TASKS: "1" })).toBeUndefined();
});

test("ranks of one computer share its cores, unless --threads says how many lanes each has", () => {
  const [group] = localGroup(2);
  const env = { OMPI_COMM_WORLD_LOCAL_SIZE: "1000" };
  expect(hostOfRank(group, { threads: "auto", wide: "auto" }, env)).toEqual({ threads: 1, wide: "off" });
  expect(hostOfRank(group, { threads: 3, wide: "auto" }, env)).toEqual({ threads: 3, wide: "off" });
  const alone = { threads: "auto", wide: "auto" } as const;
  expect(hostOfRank(undefined, alone, env)).toBe(alone);
});

test("a plan that rank 0 cannot make ends all ranks; rank 0 says why", async () => {
  const group = localGroup(2, { timeout: 2 });
  const make = () => Promise.reject(new UsageError("train: no such preset"));
  const ends = await Promise.allSettled(group.map((own) => planTogether(own, make)));
  expect(ends).toEqual([
    { status: "rejected", reason: expect.objectContaining({ message: "train: no such preset" }) },
    { status: "rejected", reason: new ReportedElsewhere(2) },
  ]);
});
