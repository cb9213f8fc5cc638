/** Access to rows by index: gather, its transpose scatterAdd, one-hot, and conversion between element types. */
import { ElementType, Opcode } from "../../assembly/opcode.js";
import type { Emission } from "../graph/emission.js";
import { operation } from "../graph/op.js";
import { shapeText, sizeOf, type Shape } from "../graph/shape.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Op } from "../graph/op.js";
import { anyType, checkDType, type DType, Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { literal } from "./literal.js";
import { equal, mul } from "./elementwise.js";
import { reshape } from "./movement.js";

export type GatherAttributes = { readonly scale: number; readonly shift: number };

const elementTypes: Readonly<Record<DType, ElementType>> = {
  f32: ElementType.F32,
  u8: ElementType.U8,
  i32: ElementType.I32,
};

const clampIndex = (index: number, count: number) => Math.min(Math.max(index, 0), count - 1);

function emitGather({ node, out, place, emit }: Emission): void {
  const [table, index] = node.inputs;
  const { scale, shift } = node.attributes as { scale: number; shift: number };
  const [rows] = table.shape;
  const [from, at] = [place(table), place(index)];
  emit({
    opcode: Opcode.Gather,
    label: `gather ${index.size} of [${table.shape.join(", ")}] ${table.dtype}`,
    reads: [from.storage, at.storage],
    writes: [out.storage],
    work: node.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.place(at);
      writer.integers(index.size, table.size / rows, rows, elementTypes[table.dtype]);
      writer.float(scale);
      writer.float(shift);
    },
  });
}

export const gatherOp: Op<GatherAttributes> = {
  name: "gather",
  takes: [anyType, ["i32"]],
  shape: ([table, index]) => {
    if (table.rank === 0 || table.shape[0] === 0)
      throw new RangeError(`gather: the table must have at least one row, found ${shapeText(table.shape)}`);
    return [...index.shape, ...table.shape.slice(1)];
  },
  gradient: (g, y) => {
    const [table, index] = y.inputs;
    const { scale } = y.attributes as GatherAttributes;
    return [table.dtype === "f32" ? mul(scatterAdd(index, g, table.shape[0]), scale) : null, null];
  },
  evaluate: ([table, index], node) => {
    const { scale, shift } = node.attributes as GatherAttributes;
    const [rows] = node.inputs[0].shape;
    const length = sizeOf(node.inputs[0].shape.slice(1));
    const out = new Float64Array(index.length * length);
    index.forEach((row, i) => {
      for (let j = 0; j < length; j++) out[i * length + j] = table[clampIndex(row, rows) * length + j] * scale + shift;
    });
    return out;
  },
  lowering: { kind: "kernel", emit: emitGather },
};

/**
 * Rows of a table: out[i] = table[index[i]] * scale + shift, as f32.
 * @param table [rows, ...row] of f32, u8 or i32; only f32 tables are differentiated
 * @param index i32 of any shape; an index outside the table is clamped to the first or last row
 * @example show(gather(t([[1, 2], [3, 4]]), cast(t([1, 0, 1]), "i32"))) // [[3, 4], [1, 2], [3, 4]]
 */
export function gather(table: TensorLike, index: TensorLike, options: Partial<GatherAttributes> = {}): Tensor {
  checkOptions("gather", options, ["scale", "shift"]);
  const { scale = 1, shift = 0 } = options;
  checkNumber("gather", "scale", scale, {});
  checkNumber("gather", "shift", shift, {});
  return new Tensor(gatherOp, [tensor(table, "gather"), tensor(index, "gather")], { scale, shift });
}

function emitScatterAdd({ node, out, place, emit }: Emission): void {
  const [index, values] = node.inputs;
  const rows = node.attributes.rows as number;
  const [at, from] = [place(index), place(values)];
  emit({
    opcode: Opcode.ScatterAdd,
    label: `scatterAdd ${index.size} into [${node.shape.join(", ")}]`,
    reads: [at.storage, from.storage],
    writes: [out.storage],
    work: node.size + values.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(at);
      writer.place(from);
      writer.integers(index.size, rows === 0 ? 0 : node.size / rows, rows);
    },
  });
}

export const scatterAddOp: Op<{ readonly rows: number }> = {
  name: "scatterAdd",
  takes: [["i32"], ["f32"]],
  shape: ([index, values], { rows }) => [rows, ...values.shape.slice(index.rank)],
  gradient: (g, y) => [null, gather(g, y.inputs[0])],
  evaluate: ([index, values], node) => {
    const rows = node.attributes.rows as number;
    const out = new Float64Array(sizeOf(node.shape));
    const length = out.length / rows;
    index.forEach((row, i) => {
      for (let j = 0; j < length; j++) out[clampIndex(row, rows) * length + j] += values[i * length + j];
    });
    return out;
  },
  lowering: { kind: "kernel", emit: emitScatterAdd },
};

/** Adds rows into a table of zeros: out[index[i]] += values[i]. The transpose of `gather`. @example show(scatterAdd(cast(t([1, 1]), "i32"), t([[1, 2], [3, 4]]), 2)) // [[0, 0], [4, 6]] */
export function scatterAdd(index: TensorLike, values: TensorLike, rows: number): Tensor {
  const [at, from] = [tensor(index, "scatterAdd"), tensor(values, "scatterAdd")];
  const lead: Shape = from.shape.slice(0, at.rank);
  if (lead.length !== at.rank || lead.some((length, axis) => length !== at.shape[axis])) {
    throw new RangeError(
      `scatterAdd: values must have one row per index, found indices ${shapeText(at.shape)} and values ${shapeText(from.shape)}`,
    );
  }
  const least = at.size > 0 ? 1 : 0;
  return new Tensor(scatterAddOp, [at, from], {
    rows: checkNumber("scatterAdd", "rows", rows, { whole: true, atLeast: least }),
  });
}

function emitCast({ node, out, place, emit }: Emission): void {
  const [x] = node.inputs;
  const from = place(x);
  emit({
    opcode: Opcode.Cast,
    label: `cast ${x.dtype} to ${node.dtype} [${node.shape.join(", ")}]`,
    reads: [from.storage],
    writes: [out.storage],
    work: x.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.integers(x.size, elementTypes[x.dtype], elementTypes[node.dtype]);
    },
  });
}

const castOp: Op<{ readonly dtype: DType }> = {
  name: "cast",
  takes: [anyType],
  shape: ([x]) => x.shape,
  dtype: (_inputs, { dtype }) => dtype,
  gradient: null,
  evaluate: ([x], node) => {
    const { dtype } = node.attributes as { dtype: DType };
    if (dtype === "f32") return x.map(Math.fround);
    const [low, high] = dtype === "u8" ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
    return x.map((value) => (Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, low), high))));
  },
  lowering: { kind: "kernel", emit: emitCast },
};

/** Converts the element type; conversion to integers truncates and clamps to the type's range. Not differentiated. @example show(cast(t([-1.7, 300]), "u8")) // [0, 255] */
export const cast = operation((x: TensorLike, dtype: DType): Tensor => {
  const input = tensor(x, "cast");
  return input.dtype === checkDType("cast", dtype) ? input : new Tensor(castOp, [input], { dtype });
}, castOp);

/** f32 [..., classes] with 1 at each index and 0 elsewhere. @example show(oneHot(cast(t([2, 0]), "i32"), 3)) // [[0, 0, 1], [1, 0, 0]] */
export function oneHot(index: TensorLike, classes: number): Tensor {
  const input = tensor(index, "oneHot");
  if (input.dtype !== "i32")
    throw new TypeError(`oneHot: indices must be i32, found ${input.dtype}; cast(x, "i32") converts them`);
  checkNumber("oneHot", "classes", classes, { whole: true, atLeast: 0 });
  return equal(
    reshape(cast(input, "f32"), [...input.shape, 1]),
    literal(
      Float32Array.from({ length: classes }, (_, i) => i),
      [classes],
    ),
  );
}
