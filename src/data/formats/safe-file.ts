/**
 * Atomic writing of files: written under a temporary name in the same folder, flushed, then renamed over the old file,
 * so that a crash or a full disk leaves the old file unchanged. Needs node:fs.
 */
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BadFileError, type ErrorCode } from "../../errors.js";
import { codeOf } from "./read-file.js";

/** Temporary names: hidden, with the writer's process id, so that leftovers of a crash can be recognised. */
const temporary = /^\.(.+)\.(\d+)\.tmp$/;

/**
 * Writes a whole file.
 * @throws BadFileError for any failure of the disk; the old file is unchanged
 */
export async function writeSafely(path: string, contents: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const under = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    // Removed first, so that a link placed there by someone else is not followed.
    await rm(under, { force: true });
    await checkReplaceable(path);
    const file = await open(under, "wx");
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(under, path);
  } catch (error) {
    await rm(under, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
  await flushFolder(folder);
}

/** Throws if there is something at a path that a file must not take the place of: a device, a pipe, a socket. */
async function checkReplaceable(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status && !status.isFile() && !status.isDirectory() && !status.isSymbolicLink()) throw new Failure("NO_FILE");
}

/** Makes a rename durable. Windows cannot open folders, and needs no such flush. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Creates a folder and its missing parents; returns those that it made. Throws BadFileError if it cannot be created. */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const made: string[] = [];
  // Not the recursive mkdir of Node: on a read-only disk it reports that a folder is missing.
  const missing: string[] = [];
  for (let folder = path; await makeAlone(folder, made, missing.length > 0); folder = dirname(folder)) {
    missing.push(folder);
    // No parent is missing, yet the folder cannot be created: the working folder was deleted, or it is in /proc.
    if (dirname(folder) === folder) throw writeError(path, new Failure("NO_FOLDER"));
  }
  for (const folder of missing.reverse())
    if (await makeAlone(folder, made, false)) throw writeError(path, new Failure("NO_FOLDER"));
  return made;
}

/** A failure that is described by its code alone, as those of the disk are. */
class Failure extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Creates one folder, and adds it to those that were made unless it was there; true if its parent is missing. */
async function makeAlone(path: string, made: string[], above: boolean): Promise<boolean> {
  try {
    await mkdir(path);
    made.push(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" && path !== "") return true;
    if (code !== "EEXIST") throw writeError(path, error);
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) throw writeError(path, new Failure("LINK_TO_NOTHING"));
    if (!status.isDirectory()) throw writeError(path, above ? new Failure("ENOTDIR") : error);
  }
  return false;
}

/**
 * Throws BadFileError if the path is a link. For folders within a run: whoever can put a link there could otherwise have
 * files written and removed elsewhere.
 */
export async function checkNoLink(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isSymbolicLink()) throw writeError(path, new Failure("LINK"));
}

/** Creates a folder in an existing one; as `makeFolder`. Throws BadFileError also if a link is in its place. */
export async function makeInnerFolder(path: string): Promise<readonly string[]> {
  await checkNoLink(path);
  const made = await makeFolder(path);
  await checkNoLink(path);
  return made;
}

/** Adds text to the end of a file. Throws BadFileError for any failure of the disk, or if the file is a link. */
export async function appendSafely(path: string, text: string): Promise<void> {
  // Windows has no such flag; there the check before has to do.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  await checkNoLink(path);
  try {
    const file = await open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Removes temporary files that crashed processes left in a folder. */
export async function sweepFolder(folder: string): Promise<void> {
  await checkNoLink(folder);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (temporary.test(name)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

const rules: Readonly<Record<string, readonly [rule: string, code: ErrorCode, hint: string]>> = {
  ENOSPC: [
    "no space left on the disk",
    "ERR_DISK_FULL",
    "free some space, or choose another folder with --out; nothing saved before is lost",
  ],
  EDQUOT: [
    "the disk quota is used up",
    "ERR_DISK_FULL",
    "free some space, or choose another folder with --out; nothing saved before is lost",
  ],
  EACCES: ["permission denied", "ERR_FILE_UNWRITABLE", "choose a folder with write permission, with --out"],
  EPERM: ["permission denied", "ERR_FILE_UNWRITABLE", "choose a folder with write permission, with --out"],
  EROFS: ["the disk is read-only", "ERR_FILE_UNWRITABLE", "choose a folder on another disk, with --out"],
  ENOTDIR: ["a part of the path is a file, not a folder", "ERR_FILE_UNWRITABLE", "choose another folder, with --out"],
  EEXIST: ["there is a file where a folder is needed", "ERR_FILE_UNWRITABLE", "choose another folder, with --out"],
  EISDIR: ["there is a folder where a file is needed", "ERR_FILE_UNWRITABLE", "choose another name"],
  NO_FILE: ["a device, pipe or socket, not a file", "ERR_FILE_UNWRITABLE", "choose another name"],
  NO_FOLDER: [
    "cannot be created: no folder can be created here",
    "ERR_FILE_UNWRITABLE",
    "the working folder may have been deleted: change to another, or give --out as an absolute path",
  ],
  LINK: [
    "a link, and links in a run folder are not followed",
    "ERR_FILE_UNWRITABLE",
    "replace the link by what it points to, or choose another folder with --out",
  ],
  ELOOP: [
    "a link that is not followed, or that leads back to itself",
    "ERR_FILE_UNWRITABLE",
    "replace the link by what it points to, or choose another folder with --out",
  ],
  LINK_TO_NOTHING: [
    "a link whose target does not exist",
    "ERR_FILE_UNWRITABLE",
    "remove the link, or choose another folder with --out",
  ],
  ENOENT: ["no such folder", "ERR_FILE_NOT_FOUND", "create the folder first"],
};

/** Converts a host's error about writing into one line with code and hint; `hint` replaces hints about run folders. */
export function writeError(path: string, error: unknown, options: { readonly hint?: string } = {}): BadFileError {
  const code = codeOf(error);
  const [rule, name, usualHint] = rules[code] ?? [
    `cannot be written (${code || String(error)})`,
    "ERR_FILE_UNWRITABLE",
    "check the path and the disk",
  ];
  return new BadFileError(`${path}: ${rule}`, { code: name, hint: options.hint ?? usualHint, cause: error });
}
