/** `--distributed` without a group: what the command line says. Trainings by ranks of Open MPI are in tests/mpi. */
import { expect, test } from "vitest";
import { hostOfRank, inGroup, joinGroup, planTogether, ready, ReportedElsewhere } from "#src/cli/distributed";
import { localGroup } from "#src/host/local-group";
import { checkBatch } from "#src/cli/train-settings";
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

test.each([
  ["rank 0", 0, /^no such judge$/],
  ["another rank", 1, /^rank 1 of 2: no such judge$/],
])("a start that %s alone fails ends all ranks with its exit code; rank 0 says why", async (_, failing, message) => {
  const group = localGroup(2, { timeout: 2 });
  const work = async (own: number) => {
    if (own === failing) throw new UsageError("no such judge");
  };
  const [first, second] = await Promise.allSettled(group.map((own) => ready(own, () => work(own.rank))));
  expect(first).toMatchObject({ reason: { message: expect.stringMatching(message), exitCode: 2 } });
  expect(second).toEqual({ status: "rejected", reason: new ReportedElsewhere(2) });
});

test("ranks wait for one whose start takes longer than the time limit", async () => {
  const group = localGroup(2, { timeout: 1.5 });
  const pause = (own: number) => new Promise<number>((resolve) => setTimeout(resolve, own === 0 ? 3000 : 0, own));
  expect(await Promise.all(group.map((own) => ready(own, () => pause(own.rank))))).toEqual([0, 1]);
});

test("an error is told even if the group cannot be left", async () => {
  const [own] = localGroup(1);
  const group = { ...own, close: () => Promise.reject(new Error("message truncated")) };
  await expect(inGroup(group, () => Promise.reject(new Error("the disk is full")))).rejects.toThrow("the disk is full");
  await expect(inGroup(group, async () => 0)).rejects.toThrow("message truncated");
  expect(await inGroup(own, () => Promise.reject(new ReportedElsewhere(4)))).toBe(4);
});

test("a batch must have equal parts for all ranks", () => {
  expect(() => checkBatch({ ranks: 4 }, 30)).toThrow("train: --batch must be a multiple of the 4 ranks, found 30");
  checkBatch({ ranks: 4 }, 32);
  checkBatch({}, 31);
});
