/** The program that draws samples: a block of rows per run, each with the random numbers of its place in the seed's stream. */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { hostTurn } from "../host/turn.js";
import { type Shape, sizeOf } from "../graph/shape.js";
import type { Feed } from "../graph/values.js";
import { sampleStreams } from "../numbers/streams.js";
import {
  drawnRows,
  firstInput,
  manyRows,
  programRows,
  type Sampler,
  type SamplerOptions,
  samplesOf,
  takesLabels,
} from "./sampler.js";

/** A way of drawing samples. */
export interface Drawing {
  /** The function that was called, for errors. */
  readonly what: string;
  /** Name of the program: drawings of one name have equal samplers. */
  readonly name: string;
  sampler(options: SamplerOptions): Sampler;
  /** Values of the sampler's first input [count, ...]; default: drawn. */
  readonly given?: Float32Array;
  /** Values of inputs that are the same for all samples, by name. */
  readonly fixed?: Readonly<Record<string, Int32Array>>;
  /** Shape of a sample; default: that of the model's records. */
  readonly shape?: Shape;
}

/** Which samples to draw. */
export interface Drawn {
  readonly seed: number;
  /** Number of the first sample. */
  readonly first: number;
  readonly count: number;
  readonly temperature: number;
  /** Values of the first input for each sample, if they are not drawn. */
  readonly given?: Float32Array | undefined;
  /** Values of inputs that are the same for all samples, by name. */
  readonly fixed?: Readonly<Record<string, Int32Array>> | undefined;
  /** Class of each sample, of a conditional model. */
  readonly labels?: Int32Array | undefined;
}

/** Milliseconds after which the host looks after its event loop between two programs. */
const slice = 15;

/** A sampler as programs of some rows each. */
export class SampleProgram {
  readonly sampler: Sampler;
  /** Programs by their number of rows. */
  readonly #programs = new Map<number, Program>();

  /** @param tempered whether the temperature is an input of the programs; otherwise it is 1 */
  constructor(
    private readonly runtime: Runtime,
    private readonly name: string,
    private readonly drawing: Drawing,
    private readonly tempered: boolean,
  ) {
    this.sampler = drawing.sampler({});
  }

  /** Draws samples into `data`, as many as it has room for. Memory in the runtime does not grow with their number. */
  async run(data: Float32Array, { seed, first, count, temperature, given, fixed, labels }: Drawn): Promise<void> {
    const size = data.length / count;
    const input = firstInput(this.sampler);
    const length = sizeOf(input.shape);
    const feeds: Record<string, Feed> = this.tempered ? { temperature: Float32Array.of(temperature) } : {};
    let looked = performance.now();
    for (let done = 0; done < count; ) {
      const next = first + done;
      const rows = this.#rowsFor(count - done);
      // Programs of other numbers of rows may begin anywhere in the block of a step.
      const row = this.sampler.rows ? (next % drawnRows) - (next % rows) : Math.min(next % drawnRows, drawnRows - rows);
      const step = Math.floor(next / drawnRows);
      const skipped = (next % drawnRows) - row;
      if (given) {
        const latents = new Float32Array(rows * length);
        latents.set(given.subarray((next - skipped) * length, (next - skipped + rows) * length));
        feeds[input.name] = latents;
      }
      for (const [name, values] of Object.entries(fixed ?? {})) feeds[name] = repeated(values, rows);
      // Rows that are not asked for get class 0.
      if (labels) feeds.labels = Int32Array.from({ length: rows }, (_, i) => labels[done - skipped + i] ?? 0);
      const { samples } = await this.#program(rows).run(feeds, { seed, step, row });
      const some = Math.min(rows - skipped, count - done);
      data.set(samples.data.subarray(skipped * size, (skipped + some) * size), done * size);
      done += some;
      if (performance.now() - looked > slice) {
        await hostTurn();
        looked = performance.now();
      }
    }
  }

  /** Releases the programs. */
  release(): void {
    for (const one of this.#programs.values()) one.release();
  }

  /** Rows of the program for some samples. */
  #rowsFor(left: number): number {
    if (this.sampler.rows) return this.sampler.rows;
    if (left === 1) return 1;
    return left > manyRows - programRows ? manyRows : programRows;
  }

  #program(rows: number): Program {
    const known = this.#programs.get(rows);
    if (known) return known;
    const { sampler, given, fixed = {} } = this.drawing;
    const fed = given && firstInput(this.sampler).name;
    // Classes are drawn on the host if they are not given: their draw takes no stream of the program's.
    const labels = takesLabels(this.sampler) ? ["labels"] : [];
    const inputs = [...(fed === undefined ? [] : [fed]), ...Object.keys(fixed), ...labels];
    const made = this.runtime.compile(
      ({ input }) => {
        const drawn = this.tempered ? sampler({ temperature: input("temperature", []) }) : this.sampler;
        return { outputs: { samples: samplesOf(drawn, rows, inputs, input) } };
      },
      {
        name: `${this.name} ${rows}`,
        // A fed input draws no random numbers, so skip its stream: given latents then give the same bits as the same
        // latents drawn.
        streams: sampleStreams + (fed === undefined ? 0 : 1),
        rows: { count: rows, of: drawnRows, fixed: this.sampler.rows !== undefined },
      },
    );
    this.#programs.set(rows, made);
    return made;
  }
}

/** The values of one row for every row. */
function repeated(values: Int32Array, rows: number): Int32Array {
  const all = new Int32Array(rows * values.length);
  for (let row = 0; row < rows; row++) all.set(values, row * values.length);
  return all;
}
