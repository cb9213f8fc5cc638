/**
 * Speed targets: the largest ratio of our best time to a peer's best, from ../shared/peers/WORKLOADS.md. Those against
 * PyTorch depend on the processor: on the Xeon OpenBLAS has two 512-bit units, of which WebAssembly uses half at most.
 */
import type { PeerTiming } from "./peer.js";

type Targets = ReadonlyMap<string, number>;

/** Rows of equal targets. */
const rows = (...list: readonly (readonly [share: number, ...workloads: string[]])[]): Targets =>
  new Map(list.flatMap(([share, ...workloads]) => workloads.map((workload) => [workload, share] as const)));

const products = [64, 128, 256, 512, 1024].map((n) => `matmul-${n}`);
const samplings = ["dcgan-sample-1", "dcgan-sample-64"];

const zen4 = rows(
  [0.25, "dcgan-sample-64"],
  [0.3, "toy-gan"],
  [0.35, "dcgan", "conv3x3", "conv-vae", "rbm-cd1", "rbm-pcd10"],
  [0.4, "wgan-gp"],
  [0.45, "mlp-vae"],
  [0.5, "mlp-gan", "dcgan-sample-1"],
  [0.8, "transformer", "gru"],
  [1.1, ...products],
);

const xeon = rows(
  [0.25, "dcgan-sample-64"],
  [0.3, "toy-gan"],
  [0.4, "conv-vae", "rbm-cd1", "rbm-pcd10"],
  [0.5, "dcgan", "wgan-gp", "dcgan-sample-1"],
  [0.6, "mlp-gan", "mlp-vae"],
  [0.75, "conv3x3"],
  [1, "transformer", "gru", ...products],
);

/** Products on the Xeon against OpenBLAS's kernels for AVX-512. */
const xeonWidest = 2;

const javascript = rows([0.3, ...samplings], [0.35, ...products]);
/** Against a JavaScript library, in training. */
const javascriptTraining = 0.2;

const isXeon = (cpu: string) => /intel/i.test(cpu);

/** The largest ratio to this timing that meets the target on a processor; undefined if there is none. */
export function targetRatio(workload: string, { name, variant }: PeerTiming, cpu: string): number | undefined {
  if (!name.startsWith("pytorch")) return javascript.get(workload) ?? javascriptTraining;
  if (!isXeon(cpu)) return zen4.get(workload);
  return products.includes(workload) && variant === "SkylakeX" ? xeonWidest : xeon.get(workload);
}

/** Legend for a table of ratios. */
export const targetLegend = (cpu: string): string =>
  `ratio / target (against PyTorch that for ${isXeon(cpu) ? "a Xeon with two 512-bit units" : "Zen 4"}); * above the target`;
