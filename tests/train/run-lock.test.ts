/** One process at a time trains into a run folder; the lock of a process that has ended, even by a crash, is void. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockName, lockRun } from "#src/train/run-lock";

const fresh = () => mkdtempSync(join(tmpdir(), "genloom-lock-"));
const lockOf = (folder: string) => join(folder, lockName);
const busy = { name: "UsageError", code: "ERR_BUSY", exitCode: 2 };
const write = (folder: string, holder: object | string) =>
  writeFileSync(lockOf(folder), typeof holder === "string" ? holder : JSON.stringify(holder));

test("is held until it is released", async () => {
  const folder = fresh();
  const lock = await lockRun(folder);
  expect(JSON.parse(readFileSync(lockOf(folder), "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  await expect(lockRun(folder)).rejects.toMatchObject({
    ...busy,
    message: `${folder}: process ${process.pid} on ${hostname()} is training into it`,
    hint: `wait for it or stop it; if it has ended, remove ${lockOf(folder)}`,
  });
  await lock.release();
  expect(existsSync(lockOf(folder))).toBe(false);
  // A second release does not release the lock of the next holder.
  const next = await lockRun(folder);
  await lock.release();
  await expect(lockRun(join(folder, "."))).rejects.toMatchObject(busy);
  await next.release();
});

test("of two concurrent requests one gets it", async () => {
  const folder = fresh();
  const asked = await Promise.allSettled([lockRun(folder), lockRun(folder)]);
  expect(asked.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("a running process keeps it, a killed one does not", async () => {
  const folder = fresh();
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await new Promise((resolve) => child.once("spawn", resolve));
  const begun = existsSync("/proc/self/stat")
    ? readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ")[19]
    : "";
  write(folder, { pid: child.pid, host: hostname(), begun });
  await expect(lockRun(folder)).rejects.toMatchObject(busy);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  await (await lockRun(folder)).release();
});

test.each([
  ["of this process, from before it had its number", { pid: process.pid, host: hostname(), begun: "1" }],
  ["half written", '{"pid": 1'],
  ["of a number that no process has", { pid: 2 ** 30, host: hostname(), begun: "" }],
])("a lock %s is void", async (_, holder) => {
  const folder = fresh();
  write(folder, holder);
  await (await lockRun(folder)).release();
});

test.skipIf(!existsSync("/proc/self/stat"))("a later process with the same number does not hold it", async () => {
  const folder = fresh();
  write(folder, { pid: process.ppid, host: hostname(), begun: "1" });
  await (await lockRun(folder)).release();
});

test("a process of another machine keeps it, because its end cannot be observed", async () => {
  const folder = fresh();
  write(folder, { pid: 2 ** 30, host: "elsewhere", begun: "" });
  await expect(lockRun(folder)).rejects.toMatchObject({ ...busy, message: expect.stringContaining("on elsewhere") });
});
