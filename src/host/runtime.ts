/**
 * The runtime: a device of one host that compiles programs, and gives variables their values.
 */
import type { Binding } from "./binding.js";
import { Device } from "./device.js";
import type { Engine } from "./engine.js";
import { isWide } from "./kernels.js";
import { cast } from "../ops/indexing.js";
import { broadcastTo } from "../ops/movement.js";
import { checkOptions, checkSeed, textOf } from "../options.js";
import { Program, type ProgramOptions } from "./program.js";
import { nameKey } from "../numbers/philox.js";
import { topologicalOrder } from "../graph/order.js";
import { drawsRandom } from "../graph/body.js";
import { type RuntimeInfo, type RuntimeOptions, startEngine } from "./choose-engine.js";
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";
import { bytesOf, arrayTypes, numbersAs, type Values, type TypedArray } from "../graph/values.js";
import { initialStreams } from "../numbers/streams.js";
import type { Trace, Traced } from "./traced.js";

const nothing = () => undefined;

/** A variable's initial values, if they are not given as data. */
const initialOf = ({ initializer, shape, dtype }: Variable): Tensor =>
  cast(initializer?.(shape) ?? broadcastTo(0, shape), dtype);

const isRandom = (values: Tensor) => topologicalOrder([values]).some(drawsRandom);

/** Memory, kernels and lanes of one host; it compiles programs and runs them. `createRuntime` makes one. */
export class Runtime extends Device {
  readonly #seed: number;

  private constructor(
    engine: Engine,
    info: RuntimeInfo,
    seed: number,
    /** Reads saved models on disk, where the host has files. Internal. */
    readonly readSaved: Binding["readSaved"],
  ) {
    super(engine, info);
    this.#seed = seed;
  }

  /** Implementation of the package's `createRuntime`, with the host's binding. */
  static async create(binding: Binding, options: RuntimeOptions = {}): Promise<Runtime> {
    checkOptions("createRuntime", options, ["threads", "deterministic", "wide", "seed", "wasm", "memory"]);
    const seed = options.seed === undefined ? 0 : checkSeed("createRuntime", options.seed);
    const started = await startEngine(binding, options);
    const runtime = new Runtime(started.engine, started.info, seed, binding.readSaved);
    if (isWide(runtime.info.build)) await (await import("./wide/watch.js")).watch(runtime, started);
    return runtime;
  }

  /**
   * Compiles a function that builds a graph. Without free input lengths it is traced at once, so that mistakes show here.
   * @param build declares inputs and returns outputs, updates of variables and checks
   * @throws RangeError and TypeError if shapes do not fit
   * @example (await runtime.compile(() => ({ outputs: { y: add(1, 2) } })).run()).y.item() // 3
   * @example runtime.compile(() => ({ outputs: { y: literal(new Float32Array(3), [2]) } })) // throws literal: shape [2] must have 2 values, found 3
   */
  compile(build: (trace: Trace) => Traced, options: ProgramOptions = {}): Program {
    return new Program(this, build, options);
  }

  /**
   * Sets variables to their initial values, also those that already have values. Equal seeds and names give equal values.
   * @throws RangeError if the seed is not an integer from 0 to 2^53 - 1, HostError (as a rejection) if the
   *   runtime was closed
   * @example await (async (w) => { await runtime.initialize([w], { seed: 3 }); return (await runtime.read(w)).item(); })(variable({ name: "w", shape: [1], initializer: initializers.ones })) // 1
   */
  initialize(variables: Iterable<Variable>, options: { readonly seed?: number } = {}): Promise<void> {
    checkOptions("initialize", options, ["seed"]);
    const { seed = this.#seed } = options;
    const list = [...variables];
    checkSeed("initialize", seed);
    return this.exclusive(async () => void (await this.#draw(list, seed)));
  }

  /** Allocates variables and sets initial values; resolves with those that had no memory before. */
  async #draw(variables: readonly Variable[], seed: number): Promise<readonly Variable[]> {
    // On failure the memory is freed again, so that a smaller model may fit.
    const placed = await this.heap.place(variables);
    try {
      await this.#drawAll(variables, seed);
      return placed;
    } catch (error) {
      this.heap.unplace(placed);
      throw error;
    }
  }

  async #drawAll(variables: readonly Variable[], seed: number): Promise<void> {
    const plain = new Map<Variable, Tensor>();
    const drawn = new Map<Variable, Tensor>();
    for (const variable of variables) {
      if (variable.data || (variable.dtype !== "f32" && !variable.initializer)) {
        await this.put(variable, bytesOf(variable.data ?? new arrayTypes[variable.dtype](variable.size)));
        continue;
      }
      const values = initialOf(variable);
      (isRandom(values) ? drawn : plain).set(variable, values);
    }
    if (plain.size > 0) await this.#drawOnce(plain, { seed });
    // A program has one clock, so each variable has its own run, with a 53-bit key of its name as the step number.
    for (const [variable, values] of drawn)
      await this.#drawOnce(new Map([[variable, values]]), { seed, step: nameKey(variable.drawName) });
    this.heap.begin(drawn.keys());
  }

  async #drawOnce(updates: ReadonlyMap<Variable, Tensor>, clock: { seed: number; step?: number }): Promise<void> {
    const program = this.compile(() => ({ updates }), { name: "initial values", streams: initialStreams });
    try {
      await program.execute({}, clock);
    } finally {
      program.unload();
    }
  }

  /**
   * A copy of a variable's current values; a variable without values is initialized first.
   * @throws HostError (as a rejection) if the runtime was closed
   * @example [...(await runtime.read(variable({ name: "bias", shape: [2] }))).data] // [0, 0]
   */
  read(variable: Variable): Promise<Values<TypedArray>> {
    return this.#withVariable(variable, () => this.readPlace(this.addressOf(variable), variable));
  }

  /**
   * Sets a variable.
   * @param values row-major, as many as the variable has elements
   * @throws RangeError if the number of values differs from its size
   * @example await (async (w) => { await runtime.write(w, [1, 2]); return [...(await runtime.read(w)).data]; })(variable({ name: "w", shape: [2] })) // [1, 2]
   * @example runtime.write(variable({ name: "w", shape: [2] }), [1]) // throws write: w [2] must have 2 values, found 1
   */
  write(variable: Variable, values: ArrayLike<number>): Promise<void> {
    if (values?.length !== variable.size) {
      const given = values?.length ?? textOf(values);
      throw new RangeError(
        `write: ${variable.name} ${shapeText(variable.shape)} must have ${variable.size} values, found ${given}`,
      );
    }
    const array = numbersAs(`write: ${variable.name}`, values, variable.dtype);
    return this.exclusive(async () => {
      await this.heap.place([variable]);
      await this.put(variable, bytesOf(array));
      this.heap.change([variable]);
    });
  }

  /**
   * Frees the memory of variables at once, without waiting for the garbage collector. Their values are lost, and programs
   * that use them fail until the variables are written or initialized again.
   * @throws UsageError (by `read` and `run`, as a rejection) if such a variable is used
   * @example await (async (w) => { await runtime.read(w); runtime.release([w]); return runtime.read(w).catch(({ code }) => code); })(variable({ name: "w", shape: [2] })) // "ERR_RELEASED"
   */
  release(variables: Iterable<Variable>): void {
    const list = [...variables];
    // Rejected if the runtime was closed: there is nothing to free then.
    this.exclusive(async () => this.heap.releaseVariables(list)).catch(nothing);
  }

  /**
   * The first of some variables that begins with random numbers and was neither written nor updated since, in this
   * runtime. Throws UsageError if one was released. Internal.
   */
  untouched(variables: readonly Variable[]): Variable | undefined {
    this.heap.insist(variables);
    return variables.find((one) =>
      this.heap.has(one) ? this.heap.isInitial(one) : !one.data && one.initializer && isRandom(initialOf(one)),
    );
  }

  override async prepare(variables: readonly Variable[]): Promise<readonly Variable[]> {
    this.heap.insist(variables);
    const missing = variables.filter((variable) => !this.heap.has(variable));
    return missing.length > 0 ? this.#draw(missing, this.#seed) : [];
  }

  #withVariable<T>(variable: Variable, task: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      await this.prepare([variable]);
      return task();
    });
  }
}
