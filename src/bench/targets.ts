/** How fast is fast enough: our best time over a peer's best, by ../shared/peers/WORKLOADS.md. */

/** Of PyTorch's time a step may take as much, of a JavaScript library's a fifth. */
const shares = { pytorch: 1, javascript: 0.2 };

/** Workloads for which PyTorch's share is another. */
const exceptions = new Map([["toy-gan", 0.5]]);

/** The largest ratio that meets the target. */
export function targetRatio(workload: string, peer: string): number {
  return peer.startsWith("pytorch") ? (exceptions.get(workload) ?? shares.pytorch) : shares.javascript;
}

/** What the marks of a table of ratios mean. */
export const targetLegend =
  `* above the target: ${shares.pytorch}x of PyTorch ` +
  `(${[...exceptions].map(([workload, share]) => `${workload} ${share}x`).join(", ")}), ` +
  `${shares.javascript}x of JavaScript libraries`;
