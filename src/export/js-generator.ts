/**
 * An exported generator as JavaScript calls it: a WebAssembly module without imports whose functions take integers and
 * return addresses. This code travels with the module: it becomes a part of `generator.js` and of the page.
 */
import { mostValues, sizeOf } from "../graph/shape.js";
import { isLittleEndian } from "../numbers/byte-order.js";
import { checkList, checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import type { GeneratorDescription } from "./description.js";

/** Records [count, ...shape] in the data's own units. */
export interface Samples {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface LatentOptions {
  /** Equal seeds give equal samples; an integer from 0 to 2^53 - 1; default 0. */
  readonly seed?: number;
  /** Index of the first sample in the sequence of the seed; default 0. */
  readonly first?: number;
}

export interface GenerateOptions extends LatentOptions {
  /** Class of the samples, as its index or its name, where the model was trained with classes; default: drawn for each. */
  readonly label?: number | string;
}

/** Options of functions of given latents or records. */
export interface LabelOptions {
  /** Their class, or one class for each, as index or name; needed where the model was trained with classes. */
  readonly label?: number | string | ArrayLike<number | string>;
}

/** The exports of a module. */
interface GeneratorExports {
  readonly memory: WebAssembly.Memory;
  generate(seedLow: number, seedHigh: number, first: number, count: number, label: number): number;
  error(): number;
  describe(): number;
  /** Draws latents; returns the address of the rows that `decode` reads. Count 0 draws none. */
  latent?(seedLow: number, seedHigh: number, first: number, count: number): number;
  decode?(count: number): number;
  /** Address of the rows that `score` reads. */
  inputs?(): number;
  /** Address of the classes of the rows that `decode` and `score` read, i32. */
  labels?(): number;
  score?(count: number): number;
}

/** An error of an exported generator, often in the module's own words. */
export class GeneratorError extends Error {
  override readonly name = "GeneratorError";
}

/** The version of modules that this code reads. */
const readable: GeneratorDescription["version"] = 1;

/** Lowest and highest value of the data, in their own units; where they are not known, those of a model. */
export function rangeOf({ records }: GeneratorDescription): readonly [low: number, high: number] {
  return records.range ?? [-1, 1];
}

/**
 * An instance of an exported module. Its calls are synchronous; their results are copies. The module's memory may grow in
 * any call, after which `memory.buffer` is another one.
 */
export class Generator {
  readonly description: GeneratorDescription;
  readonly #exports: GeneratorExports;
  readonly #size: number;

  /** Throws GeneratorError if the instance is not one of a generator that this code can read, or the host is big-endian. */
  constructor(instance: WebAssembly.Instance) {
    if (!isLittleEndian())
      throw new GeneratorError("generator: the host's byte order must be little-endian, found big-endian");
    const missing = ["memory", "generate", "error", "describe"].filter((name) => !(name in instance.exports));
    if (missing.length > 0)
      throw new GeneratorError(`generator: the module does not export ${missing.join(", ")}: it is not a generator`);
    this.#exports = instance.exports as unknown as GeneratorExports;
    this.description = JSON.parse(this.#text(this.#exports.describe()));
    // Of another version, or of another kind, as far as this code knows.
    const { format, version, genloom } = this.description as { format: string; version: number; genloom: string };
    if (format !== "genloom-generator" || version !== readable)
      throw new GeneratorError(
        `generator: the module must be a genloom-generator of version ${readable}, found ${format} ${version} of genloom ${genloom}`,
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
    const index = this.#label(options.label ?? -1, "generate", -1);
    const { low, high, first } = this.#draw("generate", count, this.#size, options);
    return this.#rows(count, this.description.records.shape, (done, part) =>
      this.#exports.generate(low, high, first + done, part, index),
    );
  }

  /**
   * The latents [count, latent] of the samples that `generate` makes for the same arguments.
   * @throws RangeError if an argument is outside its range; GeneratorError if the module has no latents
   */
  latents(count = 1, options: LatentOptions = {}): Samples {
    checkOptions("latents", options, ["seed", "first"]);
    const { latent } = this.#exports;
    const { latent: width } = this.description;
    if (!latent) throw new GeneratorError("latents: this generator has no latents");
    const { low, high, first } = this.#draw("latents", count, width, options);
    return this.#rows(count, [width], (done, part) => latent(low, high, first + done, part));
  }

  /**
   * The classes [count] that `generate` draws for the same arguments without a label; none of a model without classes.
   * @throws RangeError if an argument is outside its range
   */
  labels(count = 1, options: LatentOptions = {}): Int32Array {
    checkOptions("labels", options, ["seed", "first"]);
    const { latent, labels } = this.#exports;
    if (!latent || !labels) return new Int32Array();
    const { low, high, first } = this.#draw("labels", count, 1, options);
    const out = new Int32Array(count);
    const most = this.description.limits.count;
    for (let done = 0; done < count; done += most) {
      const part = Math.min(most, count - done);
      this.#checked(latent(low, high, first + done, part));
      out.set(new Int32Array(this.#exports.memory.buffer, this.#checked(labels()), part), done);
    }
    return out;
  }

  /**
   * Records [count, ...shape] of given latents [count, latent], and of their classes.
   * @throws RangeError if the latents are not complete rows, or not finite, or a class is none or is missing; GeneratorError
   *   if the module has no `decode`
   */
  decode(latents: ArrayLike<number>, options: LabelOptions = {}): Samples {
    const { decode, latent } = this.#exports;
    if (!decode || !latent) throw new GeneratorError("decode: this generator has no latents to decode");
    return this.#fed("decode: latents", latents, this.description.latent, this.description.records.shape, {
      room: () => latent(0, 0, 0, 0),
      call: decode,
      options,
    });
  }

  /**
   * One number per record [count, ...shape], given in the data's own units, and of its class; higher is stranger.
   * @throws RangeError if the records are not complete, or not finite, or a class is none or is missing; GeneratorError if
   *   the module has no `score`
   */
  score(records: ArrayLike<number>, options: LabelOptions = {}): Float32Array {
    const { score, inputs } = this.#exports;
    if (!score || !inputs) throw new GeneratorError("score: this generator scores no records");
    return this.#fed("score: records", records, this.#size, [], { room: inputs, call: score, options }).data;
  }

  /** Checks what the functions that draw have in common. Divides the seed into words. */
  #draw(
    what: string,
    count: number,
    size: number,
    options: LatentOptions,
  ): { low: number; high: number; first: number } {
    const { seed = 0, first = 0 } = options;
    checkSeed(what, seed);
    checkNumber(what, "count", count, { whole: true, atLeast: 1, atMost: Math.floor(mostValues / size) });
    checkNumber(what, "first", first, { whole: true, atLeast: 0, atMost: 2 ** 31 - 1 - count });
    return { low: seed | 0, high: Math.floor(seed / 2 ** 32) | 0, first };
  }

  /** Rows [count, ...shape] that the module computes of rows of `width` given values; `what` begins messages. */
  #fed(
    what: string,
    given: ArrayLike<number>,
    width: number,
    shape: readonly number[],
    { room, call, options }: { room: () => number; call: (count: number) => number; options: LabelOptions },
  ): Samples {
    const [method, name] = what.split(": ");
    checkOptions(method, options, ["label"]);
    checkList(method, name, given);
    const values = Float32Array.from(given);
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) throw new RangeError(`${what} must be finite, found ${values[broken]} at index ${broken % width}`);
    if (values.length === 0 || values.length % width !== 0)
      throw new RangeError(`${what} must have ${width} values each, found ${values.length} values`);
    const classes = this.#classes(method, values.length / width, options.label);
    return this.#rows(values.length / width, shape, (done, part) => {
      const rows = values.subarray(done * width, (done + part) * width);
      const address = this.#checked(room());
      new Float32Array(this.#exports.memory.buffer, address, rows.length).set(rows);
      if (classes) {
        const labels = this.#checked(this.#exports.labels?.() ?? 0);
        new Int32Array(this.#exports.memory.buffer, labels, part).set(classes.subarray(done, done + part));
      }
      return call(part);
    });
  }

  /** The classes of `count` given rows, if the module has any. */
  #classes(what: string, count: number, label: LabelOptions["label"]): Int32Array | undefined {
    const reads = this.description.labelled?.includes(what) ?? false;
    if (!reads && label === undefined) return undefined;
    if (!reads)
      throw new RangeError(`${what}: label must be undefined, because it does not depend on a class, found one`);
    if (label === undefined)
      throw new RangeError(`${what}: label must be a class, or one class for each row, found undefined`);
    if (typeof label === "number" || typeof label === "string")
      return new Int32Array(count).fill(this.#label(label, what));
    checkList(what, "label", label);
    if (label.length !== count)
      throw new RangeError(`${what}: label must be one class, or ${count}, found ${label.length}`);
    return Int32Array.from(Array.from(label), (one) => this.#label(one, what));
  }

  /** The index of a class, from `atLeast` on. The module itself says which indices it has. */
  #label(label: number | string, what: string, atLeast = 0): number {
    const { classNames = [] } = this.description.records;
    if (typeof label === "number")
      // Above, the module would see another number of 32 bits.
      return checkNumber(what, "label", label, { whole: true, atLeast, atMost: 2 ** 31 - 1 });
    const index = classNames.indexOf(label);
    if (index >= 0) return index;
    const names = classNames.length > 0 ? `one of ${classNames.map((name) => textOf(name)).join(", ")}` : "an integer";
    throw new RangeError(`${what}: label must be ${names}, found ${textOf(label)}`);
  }

  /** Rows [count, ...shape] of as many calls as the module's memory demands. `call` returns an address. */
  #rows(count: number, shape: readonly number[], call: (done: number, part: number) => number): Samples {
    const most = this.description.limits.count;
    const size = sizeOf(shape);
    const data = new Float32Array(count * size);
    for (let done = 0; done < count; done += most) {
      const part = Math.min(most, count - done);
      const address = this.#checked(call(done, part));
      data.set(new Float32Array(this.#exports.memory.buffer, address, part * size), done * size);
    }
    return { data, shape: [count, ...shape] };
  }

  /** The address that the module returned. Throws GeneratorError in the module's words if it is 0. */
  #checked(address: number): number {
    if (address === 0) throw new GeneratorError(this.#text(this.#exports.error()));
    return address >>> 0;
  }

  /** Zero-terminated UTF-8. */
  #text(address: number): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, address >>> 0);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}
