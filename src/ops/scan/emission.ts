/**
 * Memory layout and commands of a scan. The values of a carry in all iterations are rows of one storage: iteration t
 * reads row t and writes row t + 1. If the history is needed, every iteration has its own row. Otherwise there are two
 * rows that alternate, or one, if the body overwrites the old value with the new one. The history of a reverse scan is
 * stored in the opposite direction: its row i belongs to row i of the sequences.
 */
import { type ScanAttributes, partShapes, scanAttributes } from "./attributes.js";
import { sizeOf } from "../../graph/shape.js";
import { elementBytes, type Tensor } from "../../graph/tensor.js";
import type { Block, Emission } from "../../graph/emission.js";
import { type Loop, type Motion, Part, type Storage, storage } from "../../graph/storage.js";

const bytesOf = ({ shape, dtype }: Pick<Storage, "shape" | "dtype">) => sizeOf(shape) * elementBytes[dtype];

/** Storages of a scan's parts; their homes are set after the body has been compiled. */
export function scanParts(node: Tensor): Storage[] {
  const attributes = scanAttributes(node);
  const results = attributes.body.results.length;
  return partShapes(attributes).map((shape, i) => {
    const result = attributes.body.results[i < results ? i : i - results];
    return storage(result.label ?? "scan", shape, { dtype: result.dtype });
  });
}

/** The row of `rows` that an iteration reads or writes. */
function rowOf(rows: Storage, bytes: number, { length, reverse }: ScanAttributes, loop: Loop): Part {
  const motion = { loop, stride: reverse ? -bytes : bytes };
  return new Part({ storage: rows, offset: reverse ? (length - 1) * bytes : 0 }, motion);
}

/** Emits a loop around the commands of its body. */
export function emitScan({ node, parts, place, own, copy, nest }: Emission): void {
  const attributes = scanAttributes(node);
  const { body, length, reverse, carries, sequences } = attributes;
  const loop: Loop = { length };
  const outputs = body.results.length - carries;
  const states = body.inputs.slice(0, carries);
  const isKept = (i: number) => attributes.histories?.includes(i) ?? true;

  const old = states.map(({ name, shape, dtype }) => storage(name, shape, { dtype, home: "static" }));
  const next = states.map(({ name, shape, dtype }) => storage(`next ${name}`, shape, { dtype, home: "static" }));
  const first = states.map(({ name, shape, dtype }, i) => {
    const given = own(node.inputs[i]);
    if (given) return given;
    const made = storage(`first ${name}`, shape, { dtype });
    copy(`first ${name}`, place(node.inputs[i]), made);
    return made;
  });
  const elements = body.inputs.slice(carries, carries + sequences).map((input, k) => {
    const { storage: rows, offset } = place(node.inputs[carries + k]);
    const { motion, of } = rowOf(rows, bytesOf(input), attributes, loop);
    const at = { storage: rows, offset: offset + of.offset };
    return storage(input.name, input.shape, { dtype: input.dtype, home: new Part(at, motion as Motion) });
  });
  const captured = body.inputs.slice(carries + sequences).map((input, k) => {
    const at = place(node.inputs[carries + sequences + k]);
    return storage(input.name, input.shape, { dtype: input.dtype, home: new Part(at) });
  });
  const rows = parts.slice(carries, carries + outputs);
  const written = rows.map((one, k) => {
    const { dtype, shape } = body.results[carries + k];
    const home = rowOf(one, bytesOf({ shape, dtype }), attributes, loop);
    return storage(one.label, shape, { dtype, home });
  });
  const histories = parts.slice(carries + outputs);

  const settle: Block["settle"] = (inPlace) => {
    const whole = states.map(({ name, shape, dtype }, i) => {
      const bytes = bytesOf({ shape, dtype });
      const kept = isKept(i);
      const slots = kept ? length + 1 : inPlace[i] ? 1 : Math.min(length, 1) + 1;
      const all = storage(name, [slots, ...shape], { dtype });
      // The row of the value before iteration t, and its motion with t.
      const row = (t: number): number => (kept ? (reverse ? length - t : t) : t % slots);
      const at = (t: number) => ({ storage: all, offset: row(t) * bytes });
      const motion = (shift: number): Motion | undefined => {
        if (kept) return { loop, stride: reverse ? -bytes : bytes };
        return slots > 1 ? { loop, stride: bytes, shift, slots } : undefined;
      };
      old[i].home = new Part(kept ? at(0) : { storage: all, offset: 0 }, motion(0));
      next[i].home = new Part(kept ? at(1) : { storage: all, offset: 0 }, motion(1));
      first[i].home = new Part(at(0));
      parts[i].home = new Part(at(length));
      if (kept) histories[i].home = new Part({ storage: all, offset: reverse ? bytes : 0 });
      return all;
    });
    const outer = node.inputs.slice(carries).map((input) => place(input).storage);
    return {
      reads: [...first, ...outer],
      writes: [...whole, ...parts.slice(0, carries), ...rows, ...histories.filter((_, i) => isKept(i))],
    };
  };
  nest({
    label: `scan ${length} x ${reverse ? "(reverse)" : ""}`.trim(),
    body,
    inputs: [...old, ...elements, ...captured],
    results: [...next, ...written],
    carried: old.map((one, i) => (isKept(i) ? undefined : one)),
    loop,
    reverse,
    settle,
  });
}
