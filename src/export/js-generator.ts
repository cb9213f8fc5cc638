/**
 * An exported generator as JavaScript calls it: a WebAssembly module without imports whose functions take integers and
 * return addresses. This code travels with the module: it becomes a part of `generator.js` and of the page.
 */
import { sizeOf } from "../graph/shape.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";

/** What a module says of itself. Further fields may be there. */
export interface GeneratorDescription {
  readonly format: string;
  readonly version: number;
  /** The version of genloom that wrote the module. */
  readonly genloom: string;
  readonly family: string;
  readonly records: {
    /** Shape of one record. */
    readonly shape: readonly number[];
    /** Lowest and highest value of the data, in their own units. */
    readonly range: readonly [low: number, high: number];
    /** Columns of a table. */
    readonly columns?: readonly { readonly name?: string }[];
    readonly classNames?: readonly string[];
    /** How records are read: "images", "points", "table" and others. */
    readonly codec?: string;
  };
  readonly limits: {
    /** Maximum records of one call of the module; `Generator` calls it as often as needed. */
    readonly count: number;
  };
  /** Number of values of a latent, where the module has `decode`. */
  readonly latent?: number;
  /** Identifies program and weights. */
  readonly hash: string;
  /** Names of the module's exports. */
  readonly exports: readonly string[];
}

/** Records [count, ...shape] in the data's own units. */
export interface Samples {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface GenerateOptions {
  /** Equal seeds give equal samples; an integer from 0 to 2^53 - 1; default 0. */
  readonly seed?: number;
  /** Index of the first sample in the sequence of the seed; default 0. */
  readonly first?: number;
  /** Class of the samples, as its index or its name, where the model was trained with classes. */
  readonly label?: number | string;
}

/** The exports of a module. */
interface GeneratorExports {
  readonly memory: WebAssembly.Memory;
  generate(seedLow: number, seedHigh: number, first: number, count: number, label: number): number;
  error(): number;
  describe(): number;
  latent?(): number;
  decode?(count: number): number;
}

/** An error of an exported generator, often in the module's own words. */
export class GeneratorError extends Error {
  override readonly name = "GeneratorError";
}

/** Maximum length of a Float32Array that every engine supports. */
const mostValues = 2 ** 30;

/** An instance of an exported module. Its calls are synchronous; their results are copies. */
export class Generator {
  readonly description: GeneratorDescription;
  readonly #exports: GeneratorExports;
  readonly #size: number;

  /** Throws GeneratorError if the instance is not one of a generator that this code can read. */
  constructor(instance: WebAssembly.Instance) {
    const missing = ["memory", "generate", "error", "describe"].filter((name) => !(name in instance.exports));
    if (missing.length > 0)
      throw new GeneratorError(`generator: the module does not export ${missing.join(", ")}: it is not a generator`);
    this.#exports = instance.exports as unknown as GeneratorExports;
    this.description = JSON.parse(this.#text(this.#exports.describe()));
    const { format, version, genloom } = this.description;
    if (format !== "genloom-generator" || version !== 1)
      throw new GeneratorError(
        `generator: the module must be a genloom-generator of version 1, found ${format} ${version} of genloom ${genloom}`,
      );
    this.#size = sizeOf(this.description.records.shape);
  }

  /** Whether the module makes records from given latents. */
  get decodes(): boolean {
    return this.#exports.decode !== undefined && this.#exports.latent !== undefined;
  }

  /**
   * `count` samples [count, ...shape]: those from `first` on in the sequence of the seed, however it is divided into calls.
   * @throws RangeError if an argument is outside its range; GeneratorError if the module reports an error
   */
  generate(count = 1, options: GenerateOptions = {}): Samples {
    checkOptions("generate", options, ["seed", "first", "label"]);
    const { first = 0, label } = options;
    const seed = checkSeed("generate", options.seed ?? 0);
    checkNumber("generate", "count", count, { whole: true, atLeast: 1, atMost: Math.floor(mostValues / this.#size) });
    checkNumber("generate", "first", first, { whole: true, atLeast: 0, atMost: 2 ** 31 - 1 - count });
    const index = label === undefined ? -1 : this.#label(label);
    return this.#records(count, (done, part) =>
      this.#exports.generate(seed | 0, Math.floor(seed / 2 ** 32) | 0, first + done, part, index),
    );
  }

  /**
   * Records [count, ...shape] of given latents [count, latent].
   * @throws RangeError if the latents are not complete rows, or not finite; GeneratorError if the module has no `decode`
   */
  decode(latents: ArrayLike<number>): Samples {
    const { decode, latent, memory } = this.#exports;
    const width = this.description.latent ?? 0;
    if (!decode || !latent) throw new GeneratorError("decode: this generator has no latents to decode");
    const values = Float32Array.from(latents);
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0)
      throw new RangeError(`decode: latents must be finite, found ${values[broken]} at index ${broken % width}`);
    if (values.length === 0 || values.length % width !== 0)
      throw new RangeError(`decode: latents must have ${width} values each, found ${values.length} values`);
    return this.#records(values.length / width, (done, part) => {
      const rows = values.subarray(done * width, (done + part) * width);
      new Float32Array(memory.buffer, latent() >>> 0, rows.length).set(rows);
      return decode(part);
    });
  }

  /** The index of a class. The module itself says which indices it has. */
  #label(label: number | string): number {
    const { classNames = [] } = this.description.records;
    if (typeof label === "number") return checkNumber("generate", "label", label, { whole: true, atLeast: 0 });
    const index = classNames.indexOf(label);
    if (index >= 0) return index;
    const names = classNames.length > 0 ? `one of ${classNames.map((name) => textOf(name)).join(", ")}` : "an integer";
    throw new RangeError(`generate: label must be ${names}, found ${textOf(label)}`);
  }

  /** Records of as many calls as the module's memory demands. `call` returns an address, or 0 after an error. */
  #records(count: number, call: (done: number, part: number) => number): Samples {
    const { records, limits } = this.description;
    const data = new Float32Array(count * this.#size);
    for (let done = 0; done < count; done += limits.count) {
      const part = Math.min(limits.count, count - done);
      const address = call(done, part) >>> 0;
      if (address === 0) throw new GeneratorError(this.#text(this.#exports.error()));
      data.set(new Float32Array(this.#exports.memory.buffer, address, part * this.#size), done * this.#size);
    }
    return { data, shape: [count, ...records.shape] };
  }

  /** Zero-terminated UTF-8. */
  #text(address: number): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, address >>> 0);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}
