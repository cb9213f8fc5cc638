/** The available peers: PyTorch if a python3 has it, JavaScript libraries if bench/peers is installed. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Peer } from "./peer.js";

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
 * PyTorch, if there is a python3 with torch and the program `torch_bench.py`.
 * @param path of the program; default: ../shared/peers relative to `roots`
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
        : ["PyTorch uses the slow reference BLAS here: install libopenblas0 for a fair comparison"];
      return { name: "pytorch", version: stdout.split(/[+\n]/)[0], command, arguments: [program], notes };
    } catch {
      // This python is missing or does not have torch.
    }
  }
  return undefined;
}

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
    return [{ name, version, command: process.execPath, arguments: [join(folder, script)], notes: [] }];
  });
}
