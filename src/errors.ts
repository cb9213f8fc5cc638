/**
 * The errors that a user can act on: configuration, files, divergence, memory, hosts.
 *
 * Each has a stable `code` for programs, a `hint` for people and the `exitCode` of the command line. Shapes that do not
 * fit while a graph or a data set is being built are RangeErrors and TypeErrors instead.
 */

/** Stable names of error causes. New ones may be added; none changes its meaning. */
export type ErrorCode =
  | "ERR_USAGE"
  | "ERR_UNKNOWN_DATA"
  | "ERR_BAD_FILE"
  | "ERR_FILE_NOT_FOUND"
  | "ERR_FILE_UNREADABLE"
  | "ERR_FILE_UNWRITABLE"
  | "ERR_DISK_FULL"
  | "ERR_FILE_EMPTY"
  | "ERR_FILE_TRUNCATED"
  | "ERR_FILE_CORRUPT"
  | "ERR_FILE_TRAILING"
  | "ERR_FILE_TOO_LARGE"
  | "ERR_FILE_FORMAT"
  | "ERR_FILE_VALUE"
  | "ERR_FILE_LABELS"
  | "ERR_DIRECTORY_WITHOUT_DATA"
  | "ERR_DIVERGED"
  | "ERR_OUT_OF_MEMORY"
  | "ERR_HOST"
  | "ERR_NO_WASM"
  | "ERR_NO_SIMD"
  | "ERR_BIG_ENDIAN"
  | "ERR_NO_SHARED_MEMORY"
  | "ERR_KERNELS_UNREACHABLE"
  | "ERR_KERNELS_NOT_WASM"
  | "ERR_KERNELS_TRUNCATED"
  | "ERR_KERNELS_REFUSED"
  | "ERR_KERNELS_FOREIGN"
  | "ERR_WORKER"
  | "ERR_LANE_LOST"
  | "ERR_CLOSED"
  | "ERR_RELEASED"
  | "ERR_BUSY"
  | "ERR_UNTRAINED"
  | "ERR_RANK_LOST"
  | "ERR_RANKS_DIFFER";

/** Process exit codes; 0 is success, 1 a bug in genloom, 130 an interruption after saving. */
export const exitCodes = { usage: 2, badFile: 3, diverged: 4, outOfMemory: 5, host: 6, rankLost: 75 } as const;

export interface ErrorDetails {
  /** A code more specific than the class's own. */
  code?: ErrorCode;
  /** What the user can do, in one sentence. */
  hint?: string;
  /** The single problems, one line each, if there are several. */
  list?: readonly string[];
  /** The error that caused this one. */
  cause?: unknown;
}

/** Base class of all errors that genloom throws on purpose at run time. */
export class GenloomError extends Error {
  readonly code: ErrorCode;
  /** What the user can do; empty if there is no advice. */
  readonly hint: string;
  /** The single problems; empty if the message says everything. */
  readonly list: readonly string[];
  /** Exit code of the command line program. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, code: ErrorCode, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.code = details.code ?? code;
    this.hint = details.hint ?? "";
    this.list = details.list ?? [];
  }
}

/** An option, argument or configuration that breaks a rule; exit code 2. */
export class UsageError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.usage, "ERR_USAGE", details);
  }
}

/** A file that is missing, unreadable or not what it claims to be; exit code 3. */
export class BadFileError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.badFile, "ERR_BAD_FILE", details);
  }
}

/** A training produced a value that is not finite (NaN or infinity); exit code 4. */
export class DivergedError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.diverged, "ERR_DIVERGED", details);
  }
}

/** The host has no more memory to give; exit code 5. */
export class OutOfMemoryError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.outOfMemory, "ERR_OUT_OF_MEMORY", details);
  }
}

/** The host lacks something that genloom needs; exit code 6. */
export class HostError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.host, "ERR_HOST", details);
  }
}

/** Another rank of a group ended, or did not answer within the time limit; exit code 75, after which a training can be resumed. */
export class RankLostError extends GenloomError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, exitCodes.rankLost, "ERR_RANK_LOST", details);
  }
}
