/** Running a program over records that a user passes to a trained model, in blocks of fixed size. */
import { type Dataset, recordLength } from "../data/dataset.js";
import type { Program, Traced } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { Values } from "../graph/values.js";

/** A data set, or normalised values [records, ...shape]. */
export type Records = Dataset | Values | ArrayLike<number>;

/** Whether records are a data set, as opposed to values. */
export function isDataset(records: Records): records is Dataset {
  return "records" in records;
}

/**
 * Normalised values of all records. Throws a RangeError that begins with `what` if they do not fit the shape or are not
 * finite.
 */
export function valuesOf(what: string, records: Records, shape: Shape): Float32Array {
  const data = isDataset(records) ? normalised(records) : records instanceof Values ? records.data : records;
  const size = sizeOf(shape);
  const misfit = isDataset(records) && recordLength(records.shape) !== size;
  if (misfit || data.length === 0 || data.length % size !== 0) {
    const found = misfit ? `records of ${shapeText(records.shape)}` : `${data.length} values`;
    throw new RangeError(`${what}: records must have shape ${shapeText(shape)} (${size} values each), found ${found}`);
  }
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new RangeError(
      `${what}: values must be finite, found ${values[broken]} in record ${Math.floor(broken / size)} at index ${broken % size}`,
    );
  }
  return values;
}

function normalised({ records, scale, shift }: Dataset): Float32Array {
  return Float32Array.from(records, (raw) => raw * scale + shift);
}

/** Maximum rows per run of the program. */
const blockRows = 256;

/** A program from rows [block, ...shape] to tensors [block, ...], run over any number of rows. */
export class RowProgram {
  readonly #programs = new Map<number, Program>();

  constructor(
    private readonly runtime: Runtime,
    private readonly name: string,
    private readonly shape: Shape,
    private readonly build: (rows: Tensor) => NonNullable<Traced["outputs"]>,
    private readonly streams = 0,
  ) {}

  /** The outputs for all rows, row-major. The runtime's memory does not grow with the number of rows. */
  async run(rows: Float32Array, seed = 0): Promise<Record<string, Float32Array>> {
    const length = sizeOf(this.shape);
    const count = rows.length / length;
    const block = Math.min(count, blockRows);
    const out: Record<string, Float32Array> = {};
    for (let first = 0, step = 0; first < count; first += block, step++) {
      const present = Math.min(block, count - first);
      const feed = new Float32Array(block * length);
      feed.set(rows.subarray(first * length, (first + present) * length));
      const outputs = await this.#program(block).run({ rows: feed }, { seed, step });
      for (const [name, { data }] of Object.entries(outputs)) {
        const each = data.length / block;
        out[name] ??= new Float32Array(count * each);
        out[name].set(data.subarray(0, present * each), first * each);
      }
    }
    return out;
  }

  /** Releases the programs. */
  release(): void {
    for (const program of this.#programs.values()) program.release();
  }

  #program(block: number): Program {
    let program = this.#programs.get(block);
    if (!program) {
      program = this.runtime.compile(({ input }) => ({ outputs: this.build(input("rows", [block, ...this.shape])) }), {
        name: `${this.name} ${block}`,
        streams: this.streams,
      });
      this.#programs.set(block, program);
    }
    return program;
  }
}
