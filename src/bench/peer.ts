/**
 * Peers: other libraries doing the same workloads, as programs of their own. A peer's program takes
 * `--threads N --only WORKLOAD --seconds S` and prints lines of JSON: {"peer", "threads", "workload", "ms"}. It prints
 * nothing for a workload that it cannot do.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
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
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Thread counts that it knows; undefined where it takes any. */
  readonly threads?: readonly number[];
  /** What a reader has to know to judge its figures. */
  readonly notes: readonly string[];
}

/** Longest wait for one timing: some workloads take a peer seconds per step. */
const patience = 120_000;

/** The peer's timings of a workload: none where it does not know it. */
export async function timePeer(
  peer: Peer,
  { workload, threads, seconds }: { workload: string; threads: number; seconds: number },
): Promise<PeerTiming[]> {
  const options = ["--threads", String(threads), "--only", workload, "--seconds", String(seconds)];
  const { stdout } = await execute(peer.command, [...peer.arguments, ...options], { timeout: patience });
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { peer: string; threads: number; workload: string; ms: number })
    .filter((line) => line.workload === workload)
    .map((line) => ({ name: line.peer, threads: line.threads, ms: line.ms }));
}

const pythons = ["/usr/bin/python3", "python3"];

/** Prints the version, then the files that the process has mapped once a product has been computed. */
const probe = `
import torch
torch.randn(64, 64) @ torch.randn(64, 64)
print(torch.__version__)
try: print(open("/proc/self/maps").read())
except OSError: print("unknown maps")
`;

/**
 * PyTorch, where a python3 with torch and the program `torch_bench.py` are there.
 * @param path of the program; looked for in ../shared/peers, seen from `roots`, where not given
 */
export async function findTorch(roots: readonly string[], path?: string): Promise<Peer | undefined> {
  const program = path ?? roots.map((root) => join(root, "../shared/peers/torch_bench.py")).find(existsSync);
  if (program === undefined || !existsSync(program)) return undefined;
  for (const command of pythons) {
    try {
      const { stdout } = await execute(command, ["-c", probe], { timeout: patience, maxBuffer: 1 << 24 });
      const known = /openblas|mkl|blis|atlas|unknown maps/i.test(stdout);
      const notes = known
        ? []
        : ["PyTorch computes on the slow reference BLAS here: install libopenblas0 to be fair to it"];
      return { name: `pytorch-${stdout.split(/[+\n]/)[0]}`, command, arguments: [program], notes };
    } catch {
      // This python is missing, or has no torch.
    }
  }
  return undefined;
}
