/** Commands of reductions: each command reduces one axis, and a map computes its input. */
import { Layout, Opcode, type Reduction } from "../../../assembly/opcode.js";
import { type EmbeddedMap, type Emission, fillCommand } from "../../graph/emission.js";
import type { Tensor } from "../../graph/tensor.js";
import { type Place, storage } from "../../graph/storage.js";
import { sizeOf, type Shape } from "../../graph/shape.js";

/** Number of elements per partial sum if an axis is divided into blocks. */
const blockElements = 16384;

/** Sizes of a reduction over adjacent axes. */
interface Segment {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** The last run of adjacent reduced axes (axes of length 1 do not interrupt it), and the shape that remains. */
function lastSegment(shape: Shape, axes: readonly number[]): { segment: Segment; rest: number[]; restAxes: number[] } {
  let end = shape.length;
  const reduced = (axis: number) => axes.includes(axis);
  while (!reduced(end - 1)) end--;
  let start = end - 1;
  while (start > 0 && (reduced(start - 1) || shape[start - 1] === 1)) start--;
  while (!reduced(start)) start++;
  return {
    segment: {
      outer: sizeOf(shape.slice(0, start)),
      length: sizeOf(shape.slice(start, end)),
      inner: sizeOf(shape.slice(end)),
    },
    rest: [...shape.slice(0, start), ...shape.slice(end)],
    restAxes: axes.filter((axis) => axis < start),
  };
}

/**
 * Length of the blocks that divide a long reduction, so that lanes can share it; a second reduction then sums the
 * blocks' partial results.
 */
function blockLength({ outer, length, inner }: Segment): number {
  if (outer * length * inner <= blockElements || outer >= 64) return Math.max(length, 1);
  return Math.max(1, Math.min(length, Math.ceil(blockElements / Math.max(1, Math.min(inner, 1024)))));
}

/** Emits a reduction over any axes: one command per run of adjacent axes, or two if the run is divided into blocks. */
export function emitReduction(emission: Emission<Tensor>, reduction: Reduction): void {
  const { node, out, front, plain, emit } = emission;
  if (node.inputs[0].size === 0) {
    fillCommand(emission, { out, count: node.size, dtype: "f32", value: 0 });
    return;
  }
  const step = (map: EmbeddedMap, segment: Segment, block: number, to: Place) =>
    emit({
      opcode: Opcode.Reduce,
      label: `${node.op.name} [${segment.outer}, ${segment.length}, ${segment.inner}]`,
      reads: map.reads.map((place) => place.storage),
      writes: [to.storage],
      work: segment.outer * segment.length * segment.inner * (1 + map.micros),
      words(writer) {
        const { outer, length, inner } = segment;
        writer.integers(reduction, outer, length, inner, block);
        writer.place(to);
        writer.float(1);
        writer.integers(map.results[0], writer.offset + 2);
        map.write(writer, Layout.Tile);
      },
    });
  const [input] = node.inputs;
  let shape = input.shape;
  let axes = node.attributes.axes as readonly number[];
  let map = front(input);
  for (;;) {
    const { segment, rest, restAxes } = lastSegment(shape, axes);
    const block = blockLength(segment);
    const blocks = Math.ceil(segment.length / block);
    const last = restAxes.length === 0;
    const done = last ? out : { storage: storage(`${node.op.name} part`, rest), offset: 0 };
    if (blocks > 1) {
      const partial = { storage: storage(`${node.op.name} blocks`, [segment.outer, blocks, segment.inner]), offset: 0 };
      step(map, segment, block, partial);
      step(plain(partial), { ...segment, length: blocks }, blocks, done);
    } else {
      step(map, segment, block, done);
    }
    if (last) return;
    map = plain(done);
    shape = rest;
    axes = restAxes;
  }
}
