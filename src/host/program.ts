/** Programs: a traced function compiled per input shape, loaded into a device's memory and run there. */
import { Opcode, Status } from "../../assembly/opcode.js";
import type { Compiled } from "../compile/compile.js";
import { encode } from "../compile/encode.js";
import type { Device } from "./device.js";
import { dispose } from "./disposable.js";
import { UsageError } from "../errors.js";
import { commandsOf } from "../graph/command.js";
import type { Rows } from "../graph/draws.js";
import { forRanks } from "../graph/ranks.js";
import type { Exchange } from "./exchanges.js";
import type { Group } from "./group.js";
import { describeProgram } from "./listing.js";
import { Loaded } from "./loaded.js";
import { barrierEntry, countBarriers, profileEntry, type ProfileEntry, timeCommands } from "./profile.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import type { Trace, Traced } from "./traced.js";
import { Variants } from "./variants.js";
import { bytesOf, type Feed, feedArray, type Values } from "../graph/values.js";
import type { WebSignal } from "../web-types.js";

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
  /**
   * The program computes `count` rows of a block of `of` rows: its random numbers are those of the whole block there, in
   * loops too. Every random node must draw `count` equal parts, one for each row. `run` takes the number of the first row.
   */
  readonly rows?: Rows;
  /**
   * The ranks that run this program together: `allReduce` sums over them, and every random node draws this rank's equal part of
   * what all ranks draw. Not together with `rows`. All ranks must run it as often, on programs of one graph.
   */
  readonly group?: Group;
}

export interface RunOptions {
  /** Steps in this call (default 1). Outputs are those of the last step. */
  readonly times?: number;
  /** Ends the call after the current step; at least one step is run. */
  readonly signal?: WebSignal | undefined;
  /** Restarts the program's random numbers from this seed. */
  readonly seed?: number;
  /** Step number of the first step, which the random numbers depend on; 0 by default if a seed is given. */
  readonly step?: number;
  /** First row of the block, for a program with `rows`; default 0. */
  readonly row?: number;
}

export interface RunStatus {
  readonly outputs: Record<string, Values>;
  /** Steps that ran: fewer than `times` after a failure or an aborted signal. */
  readonly steps: number;
  /** Step and tensor, if the run stopped because a checked tensor was not finite. */
  readonly failure: { readonly step: number; readonly tensor: string } | undefined;
}

/**
 * A function of graphs, compiled for each shape of its inputs: see `Runtime.compile`.
 * @example runtime.compile(() => ({ outputs: { y: constant(1) } }), { name: "one" }).name // "one"
 */
export class Program {
  readonly #variants: Variants;
  readonly #rows: Rows | undefined;
  readonly #group: Group | undefined;
  /** The shapes that are in memory. */
  readonly #loaded = new Map<Compiled, Loaded>();
  #clock = { seed: 0, step: 0 };
  #released = false;
  readonly name: string;

  constructor(
    private readonly device: Device,
    build: (trace: Trace) => Traced,
    options: ProgramOptions = {},
  ) {
    checkOptions("compile", options, ["name", "streams", "fuse", "rows", "group"]);
    if (typeof build !== "function")
      throw new TypeError(`compile: the argument must be a function, found ${textOf(build)}`);
    const { name = "program", streams = 0, fuse = true, group } = options;
    if (options.rows !== undefined) checkRows(options.rows);
    if (options.rows !== undefined && group)
      throw new TypeError("compile: rows must not be given together with a group, found both");
    // A group's draws are one row for each rank.
    const rows = group && group.size > 1 ? { count: 1, of: group.size, fixed: true } : options.rows;
    this.name = name;
    this.#rows = rows;
    this.#group = group;
    const { rank, size } = group ?? { rank: 0, size: 1 };
    const traced = group ? (trace: Trace) => forRanks({ rank, size }, () => build(trace)) : build;
    this.#variants = new Variants(traced, { name, streams, fuse, rows });
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
    return this.device.exclusive(() => this.execute(feeds, options));
  }

  /** Like `tryRun`, for callers within `exclusive`. Internal. */
  async execute(feeds: Readonly<Record<string, Feed>>, options: RunOptions): Promise<RunStatus> {
    checkOptions("run", options, ["times", "signal", "seed", "step", "row"]);
    const { times = 1, seed, step, signal, row = this.#group?.rank ?? 0 } = options;
    if (signal && this.#isShared) throw this.#alone("run: signal");
    if (!Number.isInteger(times) || times < 1)
      throw new RangeError(`run: times must be an integer >= 1, found ${textOf(times)}`);
    if (seed !== undefined) checkSeed("run", seed);
    if (step !== undefined) checkNumber("run", "step", step, { whole: true, atLeast: 0, below: 2 ** 53 });
    const { count, of } = this.#rows ?? { count: 1, of: 1 };
    checkNumber("run", "row", row, { whole: true, atLeast: 0, atMost: of - count });
    const loaded = await this.#load(feeds);
    const { compiled } = loaded;
    if (seed !== undefined) this.#clock = { seed, step: 0 };
    if (step !== undefined) this.#clock.step = step;
    await loaded.startAt(row);
    const start = this.#clock.step;
    await this.#writeClock(loaded);
    for (const [name, { tensor, place }] of compiled.inputs) {
      await this.device.engine.write(
        loaded.addressOf(place),
        bytesOf(feedArray(name, feeds[name], tensor.dtype, tensor.size)),
      );
    }
    const { status, steps, command } = await loaded.run(times, signal, this.#exchangeOf(compiled, start));
    if (status === Status.LaneLost) throw this.device.laneLost();
    this.#clock.step = start + steps;
    this.device.heap.change(compiled.updated);
    const outputs: Record<string, Values> = {};
    for (const [name, { place, tensor }] of compiled.outputs) {
      outputs[name] = (await this.device.readPlace(loaded.addressOf(place), tensor)) as Values;
    }
    const failure =
      status === Status.NotFinite ? { step: this.#clock.step - 1, tensor: commandLabel(compiled, command) } : undefined;
    return { outputs, steps, failure };
  }

  /** Sums values over the ranks of the program's group, from step number `start` on. */
  #exchangeOf(compiled: Compiled, start: number): Exchange | undefined {
    const group = this.#group;
    if (!group || !this.#isShared) return undefined;
    const commands = commandsOf(compiled.waves);
    return (values, command, step) => group.allReduce(values, `${commands[command].label} of step ${start + step + 1}`);
  }

  /**
   * A readable listing of the compiled commands: waves, shapes, bytes and lanes; `=` marks waves whose results are kept
   * between runs. Inputs with free lengths need feeds.
   * @throws RangeError if such a feed is missing
   * @example runtime.compile(() => ({ outputs: { y: randomNormal([4]) } }), { name: "noise" }).print().startsWith("noise: ") // true
   */
  print(feeds: Readonly<Record<string, Feed>> = {}): string {
    return describeProgram(this.name, this.compiled(feeds), this.device.info.lanes);
  }

  /**
   * The compiled form for the given feeds: commands in waves, and the memory plan.
   * @throws RangeError if the feed of an input with a free length is missing
   * @example runtime.compile(() => ({ outputs: { y: randomNormal([4]) } })).compiled().waves.length >= 1 // true
   */
  compiled(feeds: Readonly<Record<string, Feed>> = {}): Compiled {
    if (this.#released) throw this.#gone();
    return this.#variants.compiled(feeds);
  }

  /**
   * Time of each command of a step alone, best of several rounds, in milliseconds, with its GFLOP/s and GB/s; the last entry is the
   * time of the barriers. Commands whose results are kept between runs are left out. Variables keep their values.
   * @param rounds number of rounds, each of which times every command; default 50
   * @throws RangeError (as a rejection) if inputs do not fit
   * @example (await runtime.compile(() => ({ outputs: { y: randomNormal([4]) } })).profile({}, 2))[0].milliseconds >= 0 // true
   */
  async profile(feeds: Readonly<Record<string, Feed>> = {}, rounds = 50): Promise<ProfileEntry[]> {
    if (this.#released) throw this.#gone();
    if (this.#isShared) throw this.#alone("profile: the program");
    return this.device.exclusive(async () => {
      const loaded = await this.#load(feeds);
      const { compiled } = loaded;
      const { engine } = this.device;
      const kept = await this.device.snapshot(compiled.variables);
      const clock = { ...this.#clock };
      await this.execute(feeds, {}); // writes the inputs and the clock, and computes every intermediate value
      this.#clock = clock;
      // Without the invariant commands, which have run now and do not run in the steps that are timed.
      const step = loaded.address + 4 * loaded.start;
      const commands = compiled.waves
        .slice(compiled.invariant?.waves ?? 0)
        .flat()
        .filter(({ opcode }) => opcode !== Opcode.Tick);
      const lists = [[], ...commands.map((command) => [command])].map(
        (wave) => encode([wave], (place) => loaded.addressOf(place)).words,
      );
      const bytes = lists.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const start = await this.device.heap.allocate(bytes, `${this.name}: profile`);
      try {
        const addresses: number[] = [];
        let end = start;
        for (const words of lists) {
          await engine.write(end, bytesOf(words));
          addresses.push(end);
          end += words.byteLength;
        }
        const run = (address: number, times: number) => engine.run(address, times, this.device.patience);
        const [empty, ...programs] = addresses;
        const { milliseconds, barrier } = await timeCommands(run, { step, empty, programs, rounds });
        await this.device.restore(kept);
        return [
          ...commands.map((command, i) => profileEntry(command, milliseconds[i], engine.lanes)),
          barrierEntry(countBarriers(loaded.words.subarray(loaded.start)), barrier, engine.lanes),
        ];
      } finally {
        this.device.heap.release(start, bytes);
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
    this.device
      .exclusive(async () => {
        this.unload();
        this.#variants.clear();
      })
      .catch(() => undefined);
  }

  [dispose](): void {
    this.release();
  }

  /** Whether other ranks run it, too. */
  get #isShared(): boolean {
    return this.#group !== undefined && this.#group.size > 1;
  }

  /** The error for what one rank cannot do while the others wait. */
  #alone(what: string): TypeError {
    return new TypeError(`${what} must be of a program without a group, found one of ${this.#group?.size} ranks`);
  }

  #gone(): UsageError {
    return new UsageError(`${this.name}: this program was released`, {
      code: "ERR_RELEASED",
      hint: "compile it again, or release it later",
    });
  }

  /** Frees the memory of the loaded shapes; another run loads them again. Internal, within `exclusive`. */
  unload(): void {
    for (const loaded of this.#loaded.values()) loaded.release();
    this.#loaded.clear();
  }

  async #load(feeds: Readonly<Record<string, Feed>>): Promise<Loaded> {
    const compiled = this.#variants.compiledForRun(feeds);
    const { heap } = this.device;
    const placed = await this.device.prepare(compiled.variables);
    const loaded = this.#loaded.get(compiled) ?? new Loaded(this.device, compiled, { owner: this, name: this.name });
    this.#loaded.set(compiled, loaded);
    try {
      await loaded.place();
      return loaded;
    } catch (error) {
      this.#loaded.delete(compiled);
      loaded.release();
      heap.unplace(placed);
      throw error;
    }
  }

  async #writeClock(loaded: Loaded): Promise<void> {
    const { seed, step } = this.#clock;
    const low = (value: number) => value >>> 0;
    const high = (value: number) => Math.floor(value / 2 ** 32) >>> 0;
    const words = Int32Array.of(low(seed), high(seed), low(step), high(step));
    await this.device.engine.write(loaded.addressOf(loaded.compiled.clock), bytesOf(words));
  }
}

function checkRows(rows: Rows): void {
  checkOptions("compile: rows", rows, ["count", "of", "fixed"]);
  checkNumber("compile: rows", "count", rows.count, { whole: true, atLeast: 1 });
  checkNumber("compile: rows", "of", rows.of, { whole: true, atLeast: rows.count });
}

function commandLabel(compiled: Compiled, id: number): string {
  return commandsOf(compiled.waves)[id]?.label ?? "a tensor";
}
