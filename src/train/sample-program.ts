/** The program that draws samples: a block of rows per run, each with the random numbers of its place in the seed's stream. */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { sizeOf } from "../graph/shape.js";
import { sampleStreams } from "../numbers/streams.js";
import { drawnRows, firstInput, rowsOf, type Sampler, type SamplerOptions, samplesOf } from "./sampler.js";

/** A way of drawing samples. */
export interface Drawing {
  /** The function that was called, for errors. */
  readonly what: string;
  /** Name of the program: drawings of one name have equal samplers. */
  readonly name: string;
  sampler(options: SamplerOptions): Sampler;
  /** Values of the sampler's first input [count, ...]; default: drawn. */
  readonly given?: Float32Array;
}

/** Which samples to draw. */
export interface Drawn {
  readonly seed: number;
  /** Number of the first sample. */
  readonly first: number;
  readonly temperature: number;
  /** Values of the first input for each sample, if they are not drawn. */
  readonly given?: Float32Array | undefined;
}

/** A sampler as a program. */
export class SampleProgram {
  readonly sampler: Sampler;
  readonly #program: Program;

  /** @param tempered whether the temperature is an input of the program; otherwise it is 1 */
  constructor(
    runtime: Runtime,
    name: string,
    { sampler, given }: Drawing,
    private readonly tempered: boolean,
  ) {
    this.sampler = sampler({});
    const rows = rowsOf(this.sampler);
    const fed = given && firstInput(this.sampler).name;
    this.#program = runtime.compile(
      ({ input }) => {
        const drawn = tempered ? sampler({ temperature: input("temperature", []) }) : this.sampler;
        return { outputs: { samples: samplesOf(drawn, rows, fed, input) } };
      },
      {
        name,
        // A fed input draws no random numbers, so skip its stream: given latents then give the same bits as the same
        // latents drawn.
        streams: sampleStreams + (fed === undefined ? 0 : 1),
        rows: { count: rows, of: drawnRows },
      },
    );
  }

  /** Draws samples into `data`, as many as it has room for. Memory in the runtime does not grow with their number. */
  async run(data: Float32Array, { seed, first, temperature, given }: Drawn): Promise<void> {
    const rows = rowsOf(this.sampler);
    const input = firstInput(this.sampler);
    const length = sizeOf(input.shape);
    const feeds: Record<string, Float32Array> = this.tempered ? { temperature: Float32Array.of(temperature) } : {};
    for (let from = first - (first % rows), done = 0; done < data.length; from += rows) {
      if (given) {
        feeds[input.name] = new Float32Array(rows * length);
        feeds[input.name].set(given.subarray(from * length, (from + rows) * length));
      }
      const at = { seed, step: Math.floor(from / drawnRows), row: from % drawnRows };
      const { samples } = await this.#program.run(feeds, at);
      const size = samples.data.length / rows;
      const some = samples.data.subarray(Math.max(0, first - from) * size).subarray(0, data.length - done);
      data.set(some, done);
      done += some.length;
    }
  }

  /** Releases the program. */
  release(): void {
    this.#program.release();
  }
}
