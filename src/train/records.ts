/** Running a program over records that a user passes to a trained model, in blocks of fixed size. */
import { recordLength } from "../data/dataset.js";
import type { Dataset } from "../data/training-data.js";
import type { Program } from "../host/program.js";
import type { Traced } from "../host/traced.js";
import type { Runtime } from "../host/runtime.js";
import { shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { Values } from "../graph/values.js";
import { checkList } from "../options.js";
import type { Variable } from "../graph/variable.js";
import { evaluationStreams } from "../numbers/streams.js";
import { drawnRows, firstInput, programRows, type RowFunction, rowsOf, takesLabels } from "./sampler.js";

/** A data set, or normalised values [records, ...shape]. */
export type Records = Dataset | Values | ArrayLike<number>;

/** Whether records are a data set, as opposed to values. */
export function isDataset(records: Records): records is Dataset {
  return typeof records === "object" && records !== null && "records" in records;
}

/**
 * Normalised values of all records. Throws an error that begins with `what`: RangeError if they do not fit the shape or are
 * not finite, TypeError if they are no records.
 */
export function valuesOf(what: string, records: Records, shape: Shape): Float32Array {
  const data = isDataset(records) ? normalised(records) : records instanceof Values ? records.data : records;
  checkList(what, "records", data);
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

/** Options of a `RowProgram`. */
export interface RowProgramOptions {
  /** Name in listings and errors. */
  readonly name: string;
  /** Shape of one row. */
  readonly shape: Shape;
  /** Tensors [count, ...] of rows [count, ...shape], and their classes i32 [count] if there are any. */
  build(rows: Tensor, labels?: Tensor): NonNullable<Traced["outputs"]>;
  /** Whether every row has a class; default false. */
  readonly labelled?: boolean;
  /** First stream of its random numbers; default 0. */
  readonly streams?: number;
  /** Rows of a block; default `programRows`. */
  readonly block?: number;
  /** Whether every row gets the same random numbers, instead of its own; default false. */
  readonly sharesDraws?: boolean;
}

/** The random numbers and classes of rows. */
export interface RowRun {
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Class of each row, of a program that is `labelled`. */
  readonly labels?: Int32Array | undefined;
}

/**
 * A program from rows to tensors of as many rows, run over any number of them in blocks of a fixed size, so that a row's
 * results have the same bits among other rows and alone.
 */
export class RowProgram {
  #program: Program | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly options: RowProgramOptions,
  ) {}

  /** The outputs for all rows, row-major. The runtime's memory does not grow with the number of rows. */
  async run(rows: Float32Array, { seed = 0, labels }: RowRun = {}): Promise<Record<string, Float32Array>> {
    const length = sizeOf(this.options.shape);
    const count = rows.length / length;
    const out: Record<string, Float32Array> = {};
    const { block = programRows, sharesDraws } = this.options;
    this.#program ??= this.#compiled(block);
    for (let first = 0; first < count; first += block) {
      const present = Math.min(block, count - first);
      const feed = new Float32Array(block * length);
      feed.set(rows.subarray(first * length, (first + present) * length));
      // Rows of padding get class 0.
      const classes = labels && Int32Array.from({ length: block }, (_, i) => labels[first + i] ?? 0);
      const own = { step: Math.floor(first / drawnRows), row: first % drawnRows };
      const outputs = await this.#program.run(
        { rows: feed, ...(classes && { labels: classes }) },
        { seed, ...(sharesDraws ? {} : own) },
      );
      for (const [name, { data }] of Object.entries(outputs)) {
        const each = data.length / block;
        out[name] ??= new Float32Array(count * each);
        out[name].set(data.subarray(0, present * each), first * each);
      }
    }
    return out;
  }

  /** Releases the program. */
  release(): void {
    this.#program?.release();
  }

  #compiled(block: number): Program {
    const { name, shape, build, streams = 0, sharesDraws = false, labelled = false } = this.options;
    return this.runtime.compile(
      ({ input }) => ({
        outputs: build(input("rows", [block, ...shape]), labelled ? input("labels", [block], "i32") : undefined),
      }),
      { name, streams, ...(sharesDraws ? {} : { rows: { count: block, of: drawnRows, fixed: true } }) },
    );
  }
}

/** A function of rows whose random numbers are the same for every row, as a program. */
export interface CompiledFunction {
  readonly program: RowProgram;
  readonly variables: readonly Variable[];
  /** Whether its rows have classes. */
  readonly labelled: boolean;
}

/** The program of a function of rows, compiled at its first run. */
export function compiledFunction(runtime: Runtime, name: string, made: RowFunction): CompiledFunction {
  const { name: input, shape } = firstInput(made);
  const labelled = takesLabels(made);
  const program = new RowProgram(runtime, {
    ...{ name, shape, labelled, block: rowsOf(made), streams: evaluationStreams, sharesDraws: true },
    build: (values, labels) => ({ out: made.graph({ [input]: values, ...(labels && { labels }) }) }),
  });
  return { program, variables: made.variables, labelled };
}
