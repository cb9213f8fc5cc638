/** Matrix products. */
import { Opcode } from "../../assembly/opcode.js";
import { type Emission, withEpilogue } from "../graph/emission.js";
import { broadcastReader, broadcastShapes, type Shape, sameShape, shapeText, sizeOf } from "../graph/shape.js";
import { checkOptions } from "../options.js";
import { type Op, Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { gather, type GatherAttributes, gatherOp } from "./indexing.js";
import { broadcastTo, reshape } from "./movement.js";

export type MatmulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** [rows, columns] of an operand after its transposition, if any. */
function matrix({ shape }: Tensor, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function emitMatmul({ node, out, place, emit, epilogue, rowsTogether }: Emission<Tensor>): void {
  const [a, b] = node.inputs;
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  const [m, n] = node.shape.slice(-2);
  const k = a.shape[a.rank - (transposeA ? 2 : 1)];
  const batch = sizeOf(node.shape.slice(0, -2));
  const placeA = place(a);
  const placeB = place(b);
  const batchStride = (x: Tensor) =>
    sizeOf(x.shape.slice(0, -2)) === 1 ? 0 : x.shape[x.rank - 2] * x.shape[x.rank - 1];
  const marks = `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  emit({
    opcode: Opcode.Matmul,
    label: `matmul ${marks} ${batch > 1 ? `${batch} x ` : ""}${m}x${k}x${n}${epilogue ? ` + ${epilogue.label}` : ""}`,
    ...withEpilogue([placeA, placeB], out, epilogue),
    work: batch * m * n * (k / 8 + 1 + (epilogue?.map.micros ?? 0)),
    flops: 2 * batch * m * n * k,
    words(writer) {
      writer.integers(batch, m, n, k);
      writer.place(placeA);
      writer.place(placeB);
      writer.place(out);
      writer.integers(
        a.shape[a.rank - 1],
        b.shape[b.rank - 1],
        n,
        batchStride(a),
        batchStride(b),
        m * n,
        Number(transposeA),
        Number(transposeB),
        Number(rowsTogether),
      );
      writer.integers(epilogue ? writer.offset + 1 : 0);
      epilogue?.map.write(writer);
    },
  });
}

export const matmulOp: Op<MatmulAttributes> = {
  name: "matmul",
  shape: ([a, b], { transposeA, transposeB }) => {
    const [m, k] = matrix(a, transposeA);
    const [rows, n] = matrix(b, transposeB);
    if (k !== rows) {
      const mark = (transposed: boolean) => (transposed ? "^T" : "");
      throw new RangeError(
        `matmul: inner dimensions differ: ${shapeText(a.shape)}${mark(transposeA)} x ${shapeText(b.shape)}${mark(transposeB)}`,
      );
    }
    return [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul"), m, n];
  },
  // Each line is the product that matches the operand's stored order, so no transpose is needed.
  gradient: (g, y) => {
    const [a, b] = y.inputs;
    const { transposeA, transposeB } = y.attributes as MatmulAttributes;
    return [
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB }),
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA }),
    ];
  },
  evaluate: ([a, b], node) => {
    const [x, y] = node.inputs;
    const { transposeA, transposeB } = node.attributes as MatmulAttributes;
    const [m, k] = matrix(x, transposeA);
    const [, n] = matrix(y, transposeB);
    const lead = node.shape.slice(0, -2);
    const batches = sizeOf(lead);
    const batchOf = (shape: Shape) => {
      const own = shape.slice(0, -2);
      const index = Float64Array.from({ length: sizeOf(own) }, (_, i) => i);
      return broadcastReader(index, own, lead);
    };
    const batchA = batchOf(x.shape);
    const batchB = batchOf(y.shape);
    const out = new Float64Array(batches * m * n);
    for (let batch = 0; batch < batches; batch++) {
      const atA = batchA(batch) * m * k;
      const atB = batchB(batch) * k * n;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) {
            sum += a[atA + (transposeA ? l * m + i : i * k + l)] * b[atB + (transposeB ? j * k + l : l * n + j)];
          }
          out[(batch * m + i) * n + j] = sum;
        }
      }
    }
    return out;
  },
  lowering: { kind: "kernel", emit: emitMatmul, epilogue: true },
};

/**
 * Whether the rows of `a` are those of a table with at most half as many: multiplying the table and gathering rows of the
 * result then takes less arithmetic, in the gradients too. A row of a product does not depend on the others, so it has the
 * same bits, unless all values are 0 and 1: whether sums from tables are worth it depends on the number of rows.
 */
function repeatsRows(a: Tensor): boolean {
  if (a.op !== gatherOp) return false;
  const [table, index] = a.inputs;
  const { scale, shift } = a.attributes as GatherAttributes;
  const plain = table.rank === 2 && table.dtype === "f32" && scale === 1 && shift === 0;
  return plain && index.rank > 0 && 2 * table.shape[0] <= index.size;
}

export interface MatmulOptions {
  /** The first operand is stored as [..., k, m]. */
  readonly transposeA?: boolean;
  /** The second operand is stored as [..., n, k]. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product of [..., m, k] and [..., k, n] = [..., m, n]; leading axes broadcast.
 * Throws RangeError if the inner dimensions differ.
 * @example show(matmul(t([[1, 2]]), t([[3], [4]]))) // [[11]]
 * @example matmul(t([[1, 2]]), t([[3, 4]])) // throws matmul: inner dimensions differ: [1, 2] x [1, 2]
 */
export function matmul(x: TensorLike, y: TensorLike, options: MatmulOptions = {}): Tensor {
  checkOptions("matmul", options, ["transposeA", "transposeB"]);
  const { transposeA = false, transposeB = false } = options;
  const [a, b] = [tensor(x, "matmul"), tensor(y, "matmul")];
  if (a.rank < 2 || b.rank < 2) {
    throw new RangeError(
      `matmul: operands must have rank 2 or more, found ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
    );
  }
  const fits = b.rank === 2 && a.shape[a.rank - 1] === b.shape[transposeB ? 1 : 0];
  if (fits && !transposeA && repeatsRows(a)) {
    const [table, index] = a.inputs;
    return gather(matmul(table, b, { transposeB }), index);
  }
  if (b.rank === 2 && a.rank > 2 && !transposeA) {
    // b is one matrix for all batches, so the batches are treated as additional rows.
    const flat = matmul(reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape[a.rank - 1]]), b, { transposeB });
    return reshape(flat, [...a.shape.slice(0, -1), flat.shape[1]]);
  }
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul");
  const fit = (x: Tensor) => {
    const own = x.shape.slice(0, -2);
    return sizeOf(own) === 1 || sameShape(own, lead) ? x : broadcastTo(x, [...lead, ...x.shape.slice(-2)]);
  };
  return new Tensor(matmulOp, [fit(a), fit(b)], { transposeA, transposeB });
}
