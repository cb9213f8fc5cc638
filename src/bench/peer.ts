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
  /** The variant of the peer that took the least time, if it has several. */
  readonly variant?: string;
}

/** One way to run a peer: environment variables, `undefined` for those that it must not inherit. */
export interface PeerVariant {
  readonly name: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Peer {
  /** Its name in `--peers`. */
  readonly name: string;
  readonly version: string;
  readonly command: string;
  /** Its program; undefined if it has none for the workload. */
  program(workload: string): string | undefined;
  /** It is a program for Node, and runs with the same V8 flags as ours. */
  readonly runsOnNode: boolean;
  /** Ways to run it, of which the fastest counts in each workload; one without a name if empty. */
  readonly variants: readonly PeerVariant[];
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
  readonly variant?: PeerVariant | undefined;
  /** Options of Node, for peers that run on it. */
  readonly nodeFlags?: readonly string[];
  /** Seconds after which the program is ended: some peers need minutes per step for some workloads. */
  readonly limit?: number;
}

type Line = { peer: string; threads: number; workload: string; ms: number } | { note: string };

/** Measures a workload on a peer. */
export async function timePeer(
  peer: Peer,
  { workload, threads, seconds, variant, nodeFlags = [], limit = 40 + 2 * seconds }: PeerQuestion,
): Promise<PeerAnswer> {
  const program = peer.program(workload);
  if (program === undefined) return { timings: [], notes: [], hopeless: false };
  const options = ["--threads", String(threads), "--only", workload, "--seconds", String(seconds)];
  try {
    const { stdout } = await execute(peer.command, [...(peer.runsOnNode ? nodeFlags : []), program, ...options], {
      env: { ...process.env, ...variant?.environment },
      timeout: limit * 1000,
      killSignal: "SIGKILL",
    });
    return { ...read(stdout, workload), hopeless: false };
  } catch (error) {
    const { killed, stdout, stderr, message } = error as Error & { killed?: boolean; stdout?: string; stderr?: string };
    const reason = killed ? `not measured within ${limit} s` : `failed: ${lastWords(stderr || message)}`;
    const { notes } = read(stdout ?? "", workload);
    const name = variant ? `${peer.name} (${variant.name})` : peer.name;
    return { timings: [], notes: [...notes, `${name}: ${workload} ${reason}`], hopeless: true };
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
