/**
 * The lock of a run folder, so that only one process at a time trains into it. The file `.lock` names the process; a lock
 * whose process has ended, even by a crash, is void. Needs node:fs.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
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

/**
 * Locks a folder. Throws UsageError if a process, also this one, already trains into it; BadFileError if it cannot be
 * written.
 */
export async function lockRun(folder: string): Promise<RunLock> {
  const path = join(resolve(folder), lockName);
  for (let attempt = 0; ; attempt++) {
    const own: Holder = { pid: process.pid, host: hostname(), begun: (await processState(process.pid))?.begun ?? "" };
    try {
      await writeFile(path, `${JSON.stringify(own)}\n`, { flag: "wx" });
      break;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw writeError(path, error);
      const holder = await holderOf(path);
      if (attempt > 0 || (holder && (await isAlive(holder, path)))) throw inUse(folder, holder);
      await rm(path, { force: true });
    }
  }
  held.add(path);
  let mine = true;
  return {
    async release() {
      if (!mine) return;
      mine = false;
      held.delete(path);
      await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

function inUse(folder: string, holder: Holder | undefined): UsageError {
  const by = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return new UsageError(`${folder}: ${by} is training into it`, {
    code: "ERR_BUSY",
    hint: `wait for it or stop it; if it has ended, remove ${join(folder, lockName)}`,
  });
}

/** The process that holds the lock; undefined if the file is missing or incomplete. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host, begun } = JSON.parse(await readFile(path, "utf8"));
    return Number.isInteger(pid) && typeof host === "string" ? { pid, host, begun: String(begun) } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, host, begun }: Holder, path: string): Promise<boolean> {
  // Processes of another machine cannot be seen from here.
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
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
