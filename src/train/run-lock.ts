/**
 * The lock of a run folder, so that only one process at a time trains into it. The file `.lock` names the process; a lock
 * whose process has ended, even by a crash, is void and taken over. Needs node:fs.
 *
 * The file appears with its contents: it is written under another name and linked to its own, which fails if that
 * exists. A void lock is removed only by the one process that holds `.lock.takeover`, made in the same way, after it has
 * read the lock again: so of several that found it void none can remove the lock that another has taken since.
 */
import { randomInt } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, open, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../errors.js";
import { codeOf } from "../data/formats/read-file.js";
import { writeError } from "../data/formats/safe-file.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /**
   * Start time of the process in its host's units, because process numbers are reused. Empty if the host does not
   * report it.
   */
  readonly begun: string;
}

export interface RunLock {
  release(): Promise<void>;
}

export const lockName = ".lock";

/** Folders that this process has locked. */
const held = new Set<string>();

/** Milliseconds for which a lock that cannot be read may be one that is just being written. */
const writingTime = 2000;

/** Milliseconds between two attempts while another process takes over a lock, and how many there are. */
const [pause, attempts] = [50, 100];

/**
 * Locks a folder. Throws UsageError if a process, also this one, already trains into it; BadFileError if it cannot be
 * written.
 */
export async function lockRun(folder: string): Promise<RunLock> {
  const path = join(resolve(folder), lockName);
  const own: Holder = { pid: process.pid, host: hostname(), begun: (await processState(process.pid))?.begun ?? "" };
  // A number of its own, so that a process releases no lock but its own: processes of several containers that share a disk
  // may have equal numbers and start times.
  const text = `${JSON.stringify({ ...own, id: randomNumber() })}\n`;
  // Of two requests of this process only one may go on: both would write the same contents.
  if (held.has(path)) throw inUse(folder, own);
  held.add(path);
  try {
    for (let attempt = 1; !(await appeared(path, text)); attempt++) {
      const found = await holderOf(path);
      if (typeof found === "object") throw inUse(folder, found);
      if (attempt >= attempts) throw inUse(folder, undefined);
      if (found === undefined || (found === "void" && !(await removeVoid(path, text))))
        await new Promise((wake) => setTimeout(wake, pause));
    }
  } catch (error) {
    held.delete(path);
    throw error;
  }
  let mine = true;
  return {
    async release() {
      if (!mine) return;
      mine = false;
      held.delete(path);
      // Someone may have removed the lock by hand, and another process taken it since.
      if ((await contents(path)) === text) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Whether a process, also of another machine, is training into a folder. */
export async function isLocked(folder: string): Promise<boolean> {
  const found = await holderOf(join(resolve(folder), lockName));
  return found === undefined || typeof found === "object";
}

/** Nine random digits. */
const randomNumber = () => String(randomInt(10 ** 9)).padStart(9, "0");

/** Creates a file with its contents at once; false if it exists. */
async function appeared(path: string, text: string): Promise<boolean> {
  // A number of its own: processes of several containers that share a disk may have equal process numbers.
  const under = `${path}.${process.pid}${randomNumber()}.tmp`;
  let written = false;
  try {
    await writeFile(under, text, { flag: "wx" });
    written = true;
    await link(under, path);
    return true;
  } catch (error) {
    // Missing although written: the process that has the lock has removed leftovers (`sweepFolder`).
    if (codeOf(error) === "EEXIST" || (written && codeOf(error) === "ENOENT")) return false;
    // Some file systems have no links: there the file may be seen half written.
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(codeOf(error))) return created(path, text);
    throw writeError(path, error);
  } finally {
    await rm(under, { force: true }).catch(() => undefined);
  }
}

async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw writeError(path, error);
  }
}

/** Removes a lock that is still void, as the only process that does so; false if another one is at it. */
async function removeVoid(path: string, text: string): Promise<boolean> {
  const takeover = `${path}.takeover`;
  if (!(await appeared(takeover, text))) {
    // Its process ended within the milliseconds of a takeover.
    if ((await holderOf(takeover)) === "void") await rm(takeover, { force: true });
    return false;
  }
  try {
    if ((await holderOf(path)) === "void") await rm(path, { force: true });
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

function inUse(folder: string, holder: Holder | undefined): UsageError {
  const by = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return new UsageError(`${folder}: ${by} is training into it`, {
    code: "ERR_BUSY",
    hint: `wait for it or stop it; if it has ended, remove ${join(folder, lockName)}`,
  });
}

/** The text of a file; undefined if it is missing, a link, or cannot be read. */
async function contents(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(() => undefined);
  try {
    return await file?.readFile("utf8");
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/**
 * The process that holds a lock; "void" if it has ended or the file names none, "gone" if the file is missing;
 * undefined if it may be just being written.
 */
async function holderOf(path: string): Promise<Holder | "void" | "gone" | undefined> {
  const text = await contents(path);
  const status = await lstat(path).catch(() => undefined);
  if (!status) return "gone";
  try {
    const { pid, host, begun } = JSON.parse(text ?? "");
    if (Number.isSafeInteger(pid) && pid > 0 && typeof host === "string") {
      const holder = { pid, host, begun: String(begun) };
      return (await isAlive(holder)) ? holder : "void";
    }
  } catch {
    // Not the text of a lock.
  }
  return !status.isFile() || Date.now() - status.mtimeMs > writingTime ? "void" : undefined;
}

async function isAlive({ pid, host, begun }: Holder): Promise<boolean> {
  // Processes of another machine cannot be seen from here.
  if (host !== hostname()) return true;
  // Held by this process, by way of another path, unless it is of an earlier process with the same number.
  if (pid === process.pid) return begun !== "" && begun === (await processState(pid))?.begun;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const state = await processState(pid);
  return state === undefined || (!state.ended && state.begun === begun);
}

/**
 * On Linux: start time of a process, in ticks since the system's boot, and whether it has ended. Elsewhere undefined.
 */
async function processState(pid: number): Promise<{ readonly begun: string; readonly ended: boolean } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may contain anything; after it, the first field is the state and the 20th the start
    // time.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { begun: fields[19], ended: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
