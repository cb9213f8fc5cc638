/** Reductions as commands: each takes one axis, with a map in front. */
import { Layout, Opcode, type Reduction } from "../../../assembly/opcode.js";
import { type EmbeddedMap, type Emission, fillCommand } from "../../graph/emission.js";
import { type Place, storage } from "../../graph/storage.js";
import { sizeOf, type Shape } from "../../graph/shape.js";

/** Elements that one partial sum covers where an axis is split into blocks. */
const blockElements = 16384;

/** [outer, length, inner] of a reduction over neighbouring axes. */
interface Segment {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** The last run of neighbouring reduced axes (length-1 axes do not matter), and the shape that remains. */
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

/** Length of a block so that a long reduction is shared between lanes and summed pairwise at the top. */
function blockLength({ outer, length, inner }: Segment): number {
  if (outer * length * inner <= blockElements || outer >= 64) return Math.max(length, 1);
  return Math.max(1, Math.min(length, Math.ceil(blockElements / Math.max(1, Math.min(inner, 1024)))));
}

/** A reduction over any axes: one command for each run of neighbouring ones, two where it is cut into blocks. */
export function emitReduction(emission: Emission, reduction: Reduction): void {
  const { node, out, front, plain, emit } = emission;
  if (node.inputs[0].size === 0) {
    fillCommand(emission, { out, count: node.size, dtype: "f32", value: 0 });
    return;
  }
  const step = (record: EmbeddedMap, segment: Segment, block: number, to: Place) =>
    emit({
      opcode: Opcode.Reduce,
      label: `${node.op.name} [${segment.outer}, ${segment.length}, ${segment.inner}]`,
      reads: record.reads.map((place) => place.storage),
      writes: [to.storage],
      work: segment.outer * segment.length * segment.inner * (1 + record.micros),
      words(writer) {
        const { outer, length, inner } = segment;
        writer.integers(reduction, outer, length, inner, block);
        writer.place(to);
        writer.float(1);
        writer.integers(record.results[0], writer.offset + 2);
        record.write(writer, Layout.Tile);
      },
    });
  const [input] = node.inputs;
  let shape = input.shape;
  let axes = node.attributes.axes as readonly number[];
  let record = front(input);
  for (;;) {
    const { segment, rest, restAxes } = lastSegment(shape, axes);
    const block = blockLength(segment);
    const blocks = Math.ceil(segment.length / block);
    const last = restAxes.length === 0;
    const done = last ? out : { storage: storage(`${node.op.name} part`, rest), offset: 0 };
    if (blocks > 1) {
      const partial = { storage: storage(`${node.op.name} blocks`, [segment.outer, blocks, segment.inner]), offset: 0 };
      step(record, segment, block, partial);
      step(plain(partial), { ...segment, length: blocks }, blocks, done);
    } else {
      step(record, segment, block, done);
    }
    if (last) return;
    record = plain(done);
    shape = rest;
    axes = restAxes;
  }
}
