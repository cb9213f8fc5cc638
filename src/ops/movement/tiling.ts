/** Tiling of a tensor by boxes that do not overlap: how the tensor is a concatenation of boxes and zeros. */

/** A block of elements: along each axis from `starts` (inclusive) to `ends` (exclusive). */
export interface Box {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** A region is one box surrounded by zeros, only zeros, or parts side by side along an axis. */
export type Tiling =
  | { readonly kind: "box"; readonly index: number; readonly region: Box }
  | { readonly kind: "zeros"; readonly region: Box }
  | { readonly kind: "row"; readonly axis: number; readonly parts: readonly Tiling[] };

/** The part of a region between two positions of an axis. */
function cut({ starts, ends }: Box, axis: number, start: number, end: number): Box {
  return { starts: starts.with(axis, start), ends: ends.with(axis, end) };
}

/** Boxes that are connected along an axis: their ranges overlap, directly or through other boxes. */
interface Run {
  readonly start: number;
  end: number;
  readonly indices: number[];
}

function runsAlong(axis: number, boxes: readonly Box[], indices: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const index of [...indices].sort((a, b) => boxes[a].starts[axis] - boxes[b].starts[axis])) {
    const [start, end] = [boxes[index].starts[axis], boxes[index].ends[axis]];
    const last = runs.at(-1);
    if (last && start < last.end) {
      last.indices.push(index);
      last.end = Math.max(last.end, end);
    } else runs.push({ start, end, indices: [index] });
  }
  return runs;
}

/**
 * Tiles a region by the boxes in it, none of which may be empty. Cuts it along the first axis that separates the boxes
 * into several runs, then cuts each run in the same way. Undefined if boxes overlap, or interlock so that no straight
 * cut separates them.
 */
export function tilingOf(
  boxes: readonly Box[],
  region: Box,
  indices: readonly number[] = boxes.map((_, index) => index),
): Tiling | undefined {
  if (indices.length === 0) return { kind: "zeros", region };
  if (indices.length === 1) return { kind: "box", index: indices[0], region };
  for (let axis = 0; axis < region.starts.length; axis++) {
    const runs = runsAlong(axis, boxes, indices);
    if (runs.length === 1) continue;
    const parts: (Tiling | undefined)[] = [];
    let at = region.starts[axis];
    for (const run of [...runs, { start: region.ends[axis], end: region.ends[axis], indices: [] }]) {
      if (run.start > at) parts.push({ kind: "zeros", region: cut(region, axis, at, run.start) });
      if (run.indices.length > 0) parts.push(tilingOf(boxes, cut(region, axis, run.start, run.end), run.indices));
      at = run.end;
    }
    return parts.every((part) => part !== undefined) ? { kind: "row", axis, parts } : undefined;
  }
  return undefined;
}

/**
 * Divides boxes into groups that can be tiled. One group if possible; otherwise each box joins the first group that can
 * still be tiled with it.
 */
export function tilingsOf(boxes: readonly Box[], region: Box): Tiling[] {
  const whole = tilingOf(boxes, region);
  if (whole) return [whole];
  const groups: { indices: number[]; tiling: Tiling }[] = [];
  boxes.forEach((_, index) => {
    for (const group of groups) {
      const tiling = tilingOf(boxes, region, [...group.indices, index]);
      if (!tiling) continue;
      group.indices.push(index);
      group.tiling = tiling;
      return;
    }
    groups.push({ indices: [index], tiling: { kind: "box", index, region } });
  });
  return groups.map(({ tiling }) => tiling);
}
