/** The available peers: PyTorch if a python3 has it, JavaScript libraries if bench/peers is installed. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Peer, PeerVariant } from "./peer.js";
import { gru, transformer } from "./sequence-workloads.js";

const execute = promisify(execFile);

/** Maximum milliseconds for python3 to start with torch. */
const patience = 120_000;

const pythons = ["/usr/bin/python3", "python3"];

/** Computes a product, then prints the version and the files mapped into the process. */
const probe = `
import torch
torch.randn(64, 64) @ torch.randn(64, 64)
print(torch.__version__)
try: print(open("/proc/self/maps").read())
except OSError: print("unknown maps")
`;

/**
 * OpenBLAS chooses its kernels by the processor, and takes slow ones for a processor that is newer than itself. The
 * variable OPENBLAS_CORETYPE chooses others: those for AVX2 and for AVX-512.
 */
const openblasKernels = [undefined, "Haswell", "SkylakeX"].map((core) => ({
  name: core ?? "unset",
  environment: { OPENBLAS_CORETYPE: core },
}));

/** Runs the probe; undefined if there is no such python, it has no torch, or the processor lacks an instruction. */
async function probed(command: string, environment: PeerVariant["environment"] = {}): Promise<string | undefined> {
  try {
    const env = { ...process.env, ...environment };
    return (await execute(command, ["-c", probe], { timeout: patience, maxBuffer: 1 << 24, env })).stdout;
  } catch {
    return undefined;
  }
}

/** The OpenBLAS kernels that run on this processor; none if PyTorch has another BLAS. */
async function blasVariants(command: string, maps: string): Promise<PeerVariant[]> {
  if (!/openblas/i.test(maps)) return [];
  const found: PeerVariant[] = [];
  for (const variant of openblasKernels) if (await probed(command, variant.environment)) found.push(variant);
  return found;
}

/**
 * PyTorch, if there is a python3 with torch, and `torch_bench.py` or `torch_sequences.py`.
 * @param path of torch_bench.py; default: ../shared/peers relative to `roots`. torch_sequences.py, which has the
 *   workloads of sequences, is in bench/peers of a root
 */
export async function findTorch(roots: readonly string[], path?: string): Promise<Peer | undefined> {
  const here = (place: string) => roots.map((root) => join(root, place)).find(existsSync);
  const usual = path ?? here("../shared/peers/torch_bench.py");
  const sequences = here("bench/peers/torch_sequences.py");
  if (path === undefined ? !(usual ?? sequences) : !existsSync(path)) return undefined;
  for (const command of pythons) {
    const found = await probed(command);
    if (found === undefined) continue;
    const notes = /openblas|mkl|blis|atlas|unknown maps/i.test(found)
      ? []
      : ["PyTorch uses the slow reference BLAS here: install libopenblas0 for a fair comparison"];
    const variants = await blasVariants(command, found);
    if (variants.length > 1)
      notes.push(`PyTorch: the fastest of OPENBLAS_CORETYPE ${variants.map(({ name }) => name).join(", ")} counts`);
    if (!usual) notes.push("PyTorch runs the workloads of sequences only: torch_bench.py was not found");
    return {
      name: "pytorch",
      version: found.split(/[+\n]/)[0],
      command,
      program: (workload) => (sequenceNames.includes(workload) ? sequences : usual),
      runsOnNode: false,
      variants,
      notes,
    };
  }
  return undefined;
}

/** Workloads of torch_sequences.py. */
const sequenceNames = [transformer.name, gru.name];

/** Peers in JavaScript: their programs in bench/peers, and the package whose version is reported. */
const scripts = [
  { name: "jax-js", script: "jax.js", dependency: "@jax-js/jax" },
  { name: "tensorflow.js", script: "tfjs.js", dependency: "@tensorflow/tfjs" },
  { name: "onnxruntime-web", script: "onnx.js", dependency: "onnxruntime-web" },
];

/** All names accepted by `--peers`. */
export const peerNames = ["pytorch", ...scripts.map(({ name }) => name)];

/** The JavaScript peers whose packages are installed in the folder `bench/peers`; they run on the Node of this process. */
export function findScripts(folder: string): Peer[] {
  return scripts.flatMap(({ name, script, dependency }) => {
    const manifest = join(folder, "node_modules", dependency, "package.json");
    if (!existsSync(manifest)) return [];
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    const program = join(folder, script);
    const fixed = { command: process.execPath, runsOnNode: true, variants: [], notes: [] };
    return [{ name, version, program: () => program, ...fixed }];
  });
}
