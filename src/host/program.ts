/** Programs: a traced function compiled per input shape, loaded into a runtime's memory and run there. */
import { Opcode, Status } from "../../assembly/opcode.js";
import { compile, type Compiled } from "../compile/compile.js";
import { encode } from "../compile/encode.js";
import { dispose } from "./disposable.js";
import { UsageError } from "../errors.js";
import { commandsOf, Part, type Place, resolve } from "../graph/storage.js";
import type { Holding } from "./heap.js";
import { describeProgram } from "./listing.js";
import { barrierEntry, countBarriers, profileEntry, type ProfileEntry, timeCommands } from "./profile.js";
import type { Runtime } from "./runtime.js";
import type { Shape } from "../graph/shape.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import { type DType, Input, type Tensor, type Variable } from "../graph/tensor.js";
import { TraceMemory } from "./trace-memory.js";
import { checkPattern, checkSameVariables, checkTraced } from "./traced.js";
import { bytesOf, type Feed, feedArray, resolveShape, type Values } from "../graph/values.js";

/** Argument of a traced function, to declare inputs. A length of null is free: the fed values determine it. */
export interface Trace {
  input(name: string, shape: readonly (number | null)[], dtype?: DType): Tensor;
}

/** Result of a traced function: the program's outputs, updates of variables, and checks. */
export interface Traced {
  readonly outputs?: Readonly<Record<string, Tensor>>;
  readonly updates?: ReadonlyMap<Variable, Tensor>;
  /** Tensors that must stay finite: the run stops after the step in which one is not. */
  readonly checks?: readonly Tensor[] | "all";
}

export interface ProgramOptions {
  /** Name in listings and errors. */
  readonly name?: string;
  /**
   * Number of the first random stream (programs with the same seed need different ones), or the stream of each random
   * node.
   */
  readonly streams?: number | ReadonlyMap<Tensor, number>;
  /**
   * If false, every node has its own command and memory: slow, to test whether fusion changes a result. Default true.
   */
  readonly fuse?: boolean;
}

export interface RunOptions {
  /** Steps in this call (default 1). Outputs are those of the last step. */
  readonly times?: number;
  /** Ends the call after the current step; at least one step is run. */
  readonly signal?: AbortSignal | undefined;
  /** Restarts the program's random numbers from this seed. */
  readonly seed?: number;
  /** Step number of the first step, which the random numbers depend on; 0 by default if a seed is given. */
  readonly step?: number;
}

export interface RunStatus {
  readonly outputs: Record<string, Values>;
  /** Steps that ran: fewer than `times` after a failure or an aborted signal. */
  readonly steps: number;
  /** Step and tensor, if the run stopped because a checked tensor was not finite. */
  readonly failure: { readonly step: number; readonly tensor: string } | undefined;
}

/** One compiled shape of a program, in memory. */
interface Loaded {
  readonly compiled: Compiled;
  readonly holding: Holding;
  readonly statics: Map<object, number>;
  words: Int32Array;
  address: number;
  scratch: number;
  /** The heap's epoch when the words were encoded. */
  epoch: number;
}

class NeedsFeeds extends Error {}

/**
 * A function of graphs, compiled for each shape of its inputs: see `Runtime.compile`.
 * @example runtime.compile(() => ({ outputs: { y: constant(1) } }), { name: "one" }).name // "one"
 */
export class Program {
  readonly #variants = new Map<string, { compiled: Compiled; loaded?: Loaded }>();
  readonly #memory = new TraceMemory();
  readonly #trace = (trace: Trace) => this.#memory.during(() => this.build(trace));
  /** The updated variables by name: every trace must update the same ones. */
  readonly #updated = new Map<string, Variable>();
  #patterns: Map<string, readonly (number | null)[]> | undefined;
  #clock = { seed: 0, step: 0 };
  #released = false;
  readonly name: string;

  constructor(
    private readonly runtime: Runtime,
    private readonly build: (trace: Trace) => Traced,
    private readonly options: ProgramOptions = {},
  ) {
    checkOptions("compile", options, ["name", "streams", "fuse"]);
    if (typeof build !== "function")
      throw new TypeError(`compile: the argument must be a function, found ${textOf(build)}`);
    this.name = options.name ?? "program";
    try {
      this.#compiled({});
    } catch (error) {
      if (!(error instanceof NeedsFeeds)) throw error;
    }
  }

  /**
   * Steps that have run since a seed was last given.
   * @example await (async (noise) => { await noise.run({}, { times: 3 }); return noise.step; })(runtime.compile(() => ({ outputs: { y: randomNormal([2]) } }))) // 3
   */
  get step(): number {
    return this.#clock.step;
  }

  /**
   * Runs the program, `times` steps in one call.
   * @param feeds values of the inputs by name, row-major
   * @returns the outputs of the last step, by name, copied
   * @throws RangeError (as a rejection) if inputs do not fit, or if a checked tensor was not finite
   * @example [...(await runtime.compile(({ input }) => ({ outputs: { y: mul(input("x", [null]), 2) } })).run({ x: [1, 2] })).y.data] // [2, 4]
   * @example await (async (n) => { await runtime.compile(() => ({ updates: new Map([[n, add(n, 1)]]) })).run({}, { times: 10 }); return (await runtime.read(n)).item(); })(variable({ name: "n", shape: [] })) // 10
   */
  async run(feeds: Readonly<Record<string, Feed>> = {}, options: RunOptions = {}): Promise<Record<string, Values>> {
    const { outputs, failure } = await this.tryRun(feeds, options);
    if (failure) throw new RangeError(`${this.name}: ${failure.tensor} is not finite at step ${failure.step}`);
    return outputs;
  }

  /**
   * Like `run`, but reports a tensor that is not finite as `failure`, with its step, instead of throwing.
   * @throws RangeError (as a rejection) if inputs do not fit
   * @example (await runtime.compile(({ input }) => { const y = log(input("x", [1])); return { outputs: { y }, checks: [y] }; }).tryRun({ x: [-1] })).failure.step // 0
   */
  tryRun(feeds: Readonly<Record<string, Feed>> = {}, options: RunOptions = {}): Promise<RunStatus> {
    if (this.#released) return Promise.reject(this.#gone());
    return this.runtime.exclusive(() => this.execute(feeds, options));
  }

  /** Like `tryRun`, for callers within `exclusive`. Internal. */
  async execute(feeds: Readonly<Record<string, Feed>>, options: RunOptions): Promise<RunStatus> {
    checkOptions("run", options, ["times", "signal", "seed", "step"]);
    const { times = 1, seed, step, signal } = options;
    if (!Number.isInteger(times) || times < 1)
      throw new RangeError(`run: times must be an integer >= 1, found ${times}`);
    if (seed !== undefined) checkSeed("run", seed);
    if (step !== undefined) checkNumber("run", "step", step, { whole: true, atLeast: 0, below: 2 ** 53 });
    const { compiled, loaded } = await this.#load(feeds);
    if (seed !== undefined) this.#clock = { seed, step: 0 };
    if (step !== undefined) this.#clock.step = step;
    const start = this.#clock.step;
    await this.#writeClock(loaded);
    for (const [name, { tensor, place }] of compiled.inputs) {
      await this.runtime.engine.write(
        this.#address(loaded, place),
        bytesOf(feedArray(name, feeds[name], tensor.dtype, tensor.size)),
      );
    }
    const { status, steps, command } = await this.runtime.engine.run(
      loaded.address,
      times,
      this.runtime.patience,
      signal,
    );
    if (status === Status.LaneLost) throw this.runtime.laneLost();
    this.#clock.step = start + steps;
    const outputs: Record<string, Values> = {};
    for (const [name, { place, tensor }] of compiled.outputs) {
      outputs[name] = (await this.runtime.readPlace(this.#address(loaded, place), tensor)) as Values;
    }
    const failure =
      status === Status.NotFinite ? { step: this.#clock.step - 1, tensor: commandLabel(compiled, command) } : undefined;
    return { outputs, steps, failure };
  }

  /**
   * A readable listing of the compiled commands: waves, shapes, bytes and lanes. Inputs with free lengths need feeds.
   * @throws RangeError if such a feed is missing
   * @example runtime.compile(() => ({ outputs: { y: randomNormal([4]) } }), { name: "noise" }).print().startsWith("noise: ") // true
   */
  print(feeds: Readonly<Record<string, Feed>> = {}): string {
    return describeProgram(this.name, this.compiled(feeds), this.runtime.info.lanes);
  }

  /**
   * The compiled form for the given feeds: commands in waves, and the memory plan.
   * @throws RangeError if the feed of an input with a free length is missing
   * @example runtime.compile(() => ({ outputs: { y: randomNormal([4]) } })).compiled().waves.length >= 1 // true
   */
  compiled(feeds: Readonly<Record<string, Feed>> = {}): Compiled {
    if (this.#released) throw this.#gone();
    return this.#compiled(feeds).compiled;
  }

  /**
   * Time of each command alone, best of several rounds, in milliseconds, with its GFLOP/s and GB/s; the last entry is the
   * time of the barriers. Variables keep their values.
   * @param rounds number of rounds, each of which times every command; default 50
   * @throws RangeError (as a rejection) if inputs do not fit
   * @example (await runtime.compile(() => ({ outputs: { y: randomNormal([4]) } })).profile({}, 2))[0].milliseconds >= 0 // true
   */
  async profile(feeds: Readonly<Record<string, Feed>> = {}, rounds = 50): Promise<ProfileEntry[]> {
    if (this.#released) throw this.#gone();
    return this.runtime.exclusive(async () => {
      const { compiled, loaded } = await this.#load(feeds);
      const { engine } = this.runtime;
      const kept = await this.runtime.snapshot(compiled.variables);
      const clock = { ...this.#clock };
      await this.execute(feeds, {}); // writes the inputs and the clock, and computes every intermediate value
      this.#clock = clock;
      const commands = compiled.waves.flat().filter(({ opcode }) => opcode !== Opcode.Tick);
      const lists = [[], ...commands.map((command) => [command])].map((wave) =>
        encode([wave], (place) => this.#address(loaded, place)),
      );
      const bytes = lists.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const start = await this.runtime.heap.allocate(bytes, `${this.name}: profile`);
      try {
        const addresses: number[] = [];
        let end = start;
        for (const words of lists) {
          await engine.write(end, bytesOf(words));
          addresses.push(end);
          end += words.byteLength;
        }
        const run = (address: number, times: number) => engine.run(address, times, this.runtime.patience);
        const [empty, ...programs] = addresses;
        const { milliseconds, barrier } = await timeCommands(run, { step: loaded.address, empty, programs, rounds });
        await this.runtime.restore(kept);
        return [
          ...commands.map((command, i) => profileEntry(command, milliseconds[i], engine.lanes)),
          barrierEntry(countBarriers(loaded.words), barrier, engine.lanes),
        ];
      } finally {
        this.runtime.heap.release(start, bytes);
      }
    });
  }

  /**
   * Frees the program's memory after its pending runs; the program cannot be used afterwards. Variables keep their
   * memory: see `Runtime.release`. `using program = runtime.compile(...)` calls this at the end of the block.
   * @example await (async (one) => { one.release(); return one.run().catch(({ code }) => code); })(runtime.compile(() => ({ outputs: { y: constant(1) } }))) // "ERR_RELEASED"
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    // Rejected if the runtime was closed: there is nothing to free then.
    this.runtime
      .exclusive(async () => {
        this.unload();
        this.#variants.clear();
      })
      .catch(() => undefined);
  }

  [dispose](): void {
    this.release();
  }

  #gone(): UsageError {
    return new UsageError(`${this.name}: this program was released`, {
      code: "ERR_RELEASED",
      hint: "compile it again, or release it later",
    });
  }

  /** Frees the memory of the loaded shapes; another run loads them again. Internal, within `exclusive`. */
  unload(): void {
    for (const variant of this.#variants.values()) {
      if (variant.loaded) this.runtime.heap.giveBack(variant.loaded.holding);
      delete variant.loaded;
    }
  }

  #compiled(feeds: Readonly<Record<string, Feed>>): { compiled: Compiled; loaded?: Loaded } {
    const shapes = new Map<string, Shape>();
    if (this.#patterns)
      for (const [name, pattern] of this.#patterns)
        shapes.set(name, resolveShape(name, pattern, staticOr(pattern, feeds[name])));
    const key = [...shapes].map(([name, shape]) => `${name}[${shape.join()}]`).join(" ");
    const known = this.#patterns && this.#variants.get(key);
    if (known) return known;
    const patterns = new Map<string, readonly (number | null)[]>();
    const found = this.#trace({
      input: (name, pattern, dtype) => {
        checkPattern(this.name, name, pattern);
        if (patterns.has(name)) throw new RangeError(`${this.name}: input ${name} is declared twice`);
        patterns.set(name, pattern);
        if (pattern.includes(null) && feeds[name] === undefined)
          throw new NeedsFeeds(`${this.name}: input ${name} has free lengths: feed it first`);
        const shape = resolveShape(name, pattern, staticOr(pattern, feeds[name]));
        shapes.set(name, shape);
        return new Input(name, shape, dtype);
      },
    });
    const traced = checkTraced(this.name, found);
    checkSameVariables(this.name, this.#updated, traced);
    const compiled = compile({
      outputs: traced.outputs ?? {},
      updates: traced.updates ?? new Map(),
      checks: traced.checks ?? [],
      streams: this.options.streams ?? 0,
      fuse: this.options.fuse ?? true,
    });
    this.#patterns = patterns;
    const made = { compiled };
    this.#variants.set([...shapes].map(([name, shape]) => `${name}[${shape.join()}]`).join(" "), made);
    return made;
  }

  async #load(feeds: Readonly<Record<string, Feed>>): Promise<Loaded & { loaded: Loaded }> {
    for (const name of Object.keys(feeds)) {
      if (this.#patterns && !this.#patterns.has(name)) {
        throw new RangeError(
          `run: ${this.name} has no input ${name}, its inputs are: ${[...this.#patterns.keys()].join(", ") || "none"}`,
        );
      }
    }
    const variant = this.#compiled(feeds);
    for (const [name, pattern] of this.#patterns ?? []) resolveShape(name, pattern, feeds[name]);
    const { heap } = this.runtime;
    const placed = await this.runtime.prepare(variant.compiled.variables);
    const loaded = variant.loaded ?? {
      compiled: variant.compiled,
      holding: heap.hold(this),
      statics: new Map(),
      words: new Int32Array(0),
      address: 0,
      scratch: -1,
      epoch: -1,
    };
    variant.loaded = loaded;
    try {
      await this.#place(loaded);
      return { ...loaded, loaded };
    } catch (error) {
      delete variant.loaded;
      heap.giveBack(loaded.holding);
      heap.unplace(placed);
      throw error;
    }
  }

  /** Allocates memory and encodes the words of a compiled shape, if it is not loaded or its addresses have changed. */
  async #place(loaded: Loaded): Promise<void> {
    const { compiled, holding, statics } = loaded;
    const { heap, engine } = this.runtime;
    const scratch = await heap.scratchFor(holding, compiled.plan.bytes, this.name);
    for (const one of compiled.statics) {
      if (statics.has(one)) continue;
      const address = await heap.allocateFor(holding, one.bytes, `${this.name}: ${one.label}`);
      if (one.data) await engine.write(address, bytesOf(one.data));
      statics.set(one, address);
    }
    if (loaded.scratch === scratch && loaded.epoch === heap.epoch) return;
    loaded.scratch = scratch;
    loaded.epoch = heap.epoch;
    loaded.words = encode(compiled.waves, (place) => this.#address(loaded, place));
    loaded.address ||= await heap.allocateFor(holding, loaded.words.byteLength, `${this.name}: commands`);
    await engine.write(loaded.address, bytesOf(loaded.words));
  }

  /** Address of a place. For one that moves with a loop's iterations: its address outside the loop. */
  #address(loaded: Loaded, at: Place): number {
    const { storage, offset } = resolve(at).place;
    const { home } = storage;
    if (home instanceof Part) throw new Error(`${storage.label}: a part of a part`);
    if (home === "static") return (loaded.statics.get(storage) as number) + offset;
    if (home === "scratch") return loaded.scratch + (loaded.compiled.plan.offsets.get(storage) as number) + offset;
    return this.runtime.addressOf(home) + offset;
  }

  async #writeClock(loaded: Loaded): Promise<void> {
    const { seed, step } = this.#clock;
    const low = (value: number) => value >>> 0;
    const high = (value: number) => Math.floor(value / 2 ** 32) >>> 0;
    const words = Int32Array.of(low(seed), high(seed), low(step), high(step));
    await this.runtime.engine.write(this.#address(loaded, loaded.compiled.clock), bytesOf(words));
  }
}

/**
 * The feed, or an empty one of the pattern's shape if the pattern has no free lengths: such shapes are known without
 * values.
 */
function staticOr(pattern: readonly (number | null)[], feed: Feed | undefined): Feed | undefined {
  return feed === undefined && !pattern.includes(null) ? { data: [], shape: pattern as Shape } : feed;
}

function commandLabel(compiled: Compiled, id: number): string {
  return commandsOf(compiled.waves)[id]?.label ?? "a tensor";
}
