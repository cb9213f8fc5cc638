/** The ranks for which a graph is being traced: a program of a group computes a part of each batch, one part per rank. */

export interface Ranks {
  /** Number of the rank that traces, from 0. */
  readonly rank: number;
  readonly size: number;
  /** Whether layers normalise by statistics of the whole batch ("sync") or of the rank's part of it. */
  readonly batchStatistics: "sync" | "rank";
}

let current: Ranks = { rank: 0, size: 1, batchStatistics: "sync" };

/** The ranks of the trace that runs now; one rank outside of a group's programs. */
export const ranks = (): Ranks => current;

/** Runs a function that builds a graph for ranks. */
export function forRanks<T>(of: Partial<Ranks>, task: () => T): T {
  const before = current;
  current = { ...before, ...of };
  try {
    return task();
  } finally {
    current = before;
  }
}
