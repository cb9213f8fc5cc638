/**
 * Peers: other libraries that run the same workloads, each as a separate program. A peer's program takes `--threads N
 * --only WORKLOAD --seconds S` and prints lines of JSON: {"peer", "threads", "workload", "ms"}. For a workload that it
 * cannot run it prints nothing, or {"note"} with the reason.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** One timing of a peer. */
export interface PeerTiming {
  /** Library and version. */
  readonly name: string;
  readonly threads: number;
  readonly ms: number;
}

export interface Peer {
  /** Its name in `--peers`. */
  readonly name: string;
  readonly version: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** What a reader must know to interpret its results. */
  readonly notes: readonly string[];
}

/** Output of a peer's program for one workload. */
export interface PeerAnswer {
  /** Empty if it does not have the workload. */
  readonly timings: readonly PeerTiming[];
  readonly notes: readonly string[];
  /** It failed, or took too long: it is not asked again. */
  readonly hopeless: boolean;
}

export interface PeerQuestion {
  readonly workload: string;
  readonly threads: number;
  /** Seconds of timed steps. */
  readonly seconds: number;
  /** Seconds after which the program is ended: some peers need minutes per step for some workloads. */
  readonly limit?: number;
}

type Line = { peer: string; threads: number; workload: string; ms: number } | { note: string };

/** Measures a workload on a peer. */
export async function timePeer(
  peer: Peer,
  { workload, threads, seconds, limit = 40 + 2 * seconds }: PeerQuestion,
): Promise<PeerAnswer> {
  const options = ["--threads", String(threads), "--only", workload, "--seconds", String(seconds)];
  try {
    const { stdout } = await execute(peer.command, [...peer.arguments, ...options], {
      timeout: limit * 1000,
      killSignal: "SIGKILL",
    });
    return { ...read(stdout, workload), hopeless: false };
  } catch (error) {
    const { killed, stdout, stderr, message } = error as Error & { killed?: boolean; stdout?: string; stderr?: string };
    const reason = killed ? `not measured within ${limit} s` : `failed: ${lastWords(stderr || message)}`;
    const { notes } = read(stdout ?? "", workload);
    return { timings: [], notes: [...notes, `${peer.name}: ${workload} ${reason}`], hopeless: true };
  }
}

function read(stdout: string, workload: string): Omit<PeerAnswer, "hopeless"> {
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
  return {
    timings: lines
      .filter((line) => "ms" in line)
      .filter((line) => line.workload === workload)
      .map(({ peer, threads, ms }) => ({ name: peer, threads, ms })),
    notes: lines.filter((line) => "note" in line).map(({ note }) => note),
  };
}

/** The line of a failed program's output that names the error. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? "without a word").trim();
}
