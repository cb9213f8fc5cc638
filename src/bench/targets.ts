/** Speed targets: our best time divided by a peer's best, from ../shared/peers/WORKLOADS.md. */

/** A step may take as long as PyTorch's, and a fifth of a JavaScript library's. */
const shares = { pytorch: 1, javascript: 0.2 };

/** Workloads with a different target against PyTorch. */
const exceptions = new Map([["toy-gan", 0.5]]);

/** The largest ratio that meets the target. */
export function targetRatio(workload: string, peer: string): number {
  return peer.startsWith("pytorch") ? (exceptions.get(workload) ?? shares.pytorch) : shares.javascript;
}

/** Legend for the marks in a table of ratios. */
export const targetLegend =
  `* above the target: ${shares.pytorch}x of PyTorch ` +
  `(${[...exceptions].map(([workload, share]) => `${workload} ${share}x`).join(", ")}), ` +
  `${shares.javascript}x of JavaScript libraries`;
