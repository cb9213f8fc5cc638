/**
 * The watch over a runtime that runs a build `wide`: it was measured that the engine merges vectors, and the self-check is
 * repeated. On any difference the runtime goes on with `relaxed`, on the same memory, and `runtime.info.reasons` says so.
 */
import type { Started } from "../choose-engine.js";
import type { KernelWatch } from "../device.js";
import { OutOfMemoryError } from "../../errors.js";
import type { BuildName } from "../kernels.js";
import { measureSpeedup, merged } from "./probe.js";
import { type Compiler, selfCheck, selfCheckHash, selfCheckProgram } from "./self-check.js";

/** Milliseconds of running after which the self-check is repeated; optimised code comes in the first seconds. */
const schedule = [1000, 3000, 10_000, 30_000, 100_000];

/** Measures, checks, and then watches a new runtime; if a test fails, gives up `wide` at once. */
export async function watch(runtime: Compiler, { load, info }: Started): Promise<void> {
  const found = { speedup: 0, checks: 0 };
  Object.assign(info, { wide: found });
  const one = new Watch(runtime, load, found);
  const begin = async () => {
    found.speedup = await measureSpeedup(runtime);
    if (found.speedup >= merged.atLeast && found.speedup <= merged.atMost) {
      runtime.watch = one;
      return one.check();
    }
    const times = found.speedup.toFixed(2);
    await one.giveUp(
      `wide is off: this engine does not merge vectors (pairs ran ${times} times as fast as single ones); V8 does on x64 with AVX2, with --experimental-wasm-revectorize`,
    );
  };
  await runtime.exclusive(begin).catch((error) => {
    // Nobody gets the runtime, so nobody could close it.
    runtime.abandon();
    throw error;
  });
}

/** Counts the time of the tasks of one runtime, repeats the self-check on schedule, and gives `wide` up where it fails. */
export class Watch implements KernelWatch {
  readonly #program;
  /** Milliseconds that tasks have run. */
  #ran = 0;
  /** Number of repetitions that are done. */
  #repeated = 0;

  constructor(
    private readonly runtime: Compiler,
    private readonly load: Started["load"],
    private readonly found: { checks: number },
  ) {
    this.#program = selfCheckProgram(runtime);
  }

  /** Runs a task, and the self-check after it if that is due. */
  async during<T>(task: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await task();
    this.#ran += performance.now() - begin;
    if (this.#ran >= schedule[this.#repeated]) {
      while (this.#ran >= schedule[this.#repeated]) this.#repeated++;
      await this.check();
    }
    return result;
  }

  /** Runs the self-check; gives up `wide` if it fails. Called within `exclusive`. */
  async check(): Promise<void> {
    if (this.runtime.watch !== this) return;
    const found = await selfCheckHash(this.#program).catch((error) => {
      if (error instanceof OutOfMemoryError) return "no memory for it";
      throw error;
    });
    if (found === selfCheck.wanted) this.found.checks++;
    else
      await this.giveUp(
        `wide was given up: it gave other bits in its self-check (number ${this.found.checks + 1}: ${found}, not ${selfCheck.wanted})`,
      );
  }

  /** Goes on with `relaxed`. If that fails, the runtime is closed, because nothing may run on doubtful kernels. */
  async giveUp(reason: string): Promise<void> {
    const { runtime } = this;
    const { engine, info } = runtime;
    runtime.watch = undefined;
    const build = engine.build.replace("wide", "relaxed") as BuildName;
    try {
      await engine.change(await this.load(build), build);
    } catch (error) {
      runtime.abandon();
      throw error;
    }
    (info.reasons as string[]).push(reason);
  }
}
