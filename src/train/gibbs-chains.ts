/**
 * Gibbs chains of a machine whose values are in a runtime: states that stay in memory, and a program that sweeps over
 * them as often as asked in one call. Units may be clamped to known values.
 */
import { gibbsSweep, type Machine } from "../models/machine.js";
import { where } from "../ops/elementwise.js";
import { randomBernoulli } from "../ops/random.js";
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";
import { type Tensor, Variable } from "../tensor.js";
import { startStreams, sweepStreams } from "../streams.js";

export class GibbsChains {
  readonly #states: Variable;
  readonly #start: Program;
  readonly #sweep: Program;

  /**
   * @param machine its tensors are variables of the runtime
   * @param means of the visible units [V]: the first states are drawn from them
   */
  constructor(
    private readonly runtime: Runtime,
    machine: Machine,
    means: Tensor,
    { chains, clamped }: { readonly chains: number; readonly clamped: boolean },
  ) {
    const shape = [chains, means.size];
    this.#states = new Variable({ name: `chains of ${chains}`, shape });
    this.#start = runtime.compile(() => ({ updates: new Map([[this.#states, randomBernoulli(means, shape)]]) }), {
      name: "first states",
      streams: startStreams,
    });
    this.#sweep = runtime.compile(
      ({ input }) => {
        const [known, values] = clamped ? [input("known", shape), input("values", shape)] : [];
        const hold = (v: Tensor) => (known && values ? where(known, values, v) : v);
        const { v, logits } = gibbsSweep(machine, hold(this.#states));
        return {
          outputs: { means: hold(machine.visible.mean(logits)) },
          updates: new Map([[this.#states, hold(v)]]),
        };
      },
      { name: "gibbs sweep", streams: sweepStreams },
    );
  }

  /** First states, drawn by a seed or given, [chains, V]. */
  async start(
    from: { readonly seed: number; readonly step: number } | { readonly states: Float32Array },
  ): Promise<void> {
    if ("states" in from) await this.runtime.write(this.#states, from.states);
    else await this.#start.run({}, { ...from });
  }

  /**
   * Sweeps, and gives the visible units' means under the last one's hidden states, [chains, V].
   * @param step number of the first sweep: with the seed it says which random numbers are drawn
   * @param clamp 1 in `known` holds a unit at its value in `values`, each [chains, V]
   */
  async sweep(
    times: number,
    { seed, step, clamp }: { seed: number; step: number; clamp?: { known: Float32Array; values: Float32Array } },
  ): Promise<Float32Array> {
    const { means } = await this.#sweep.run(clamp ? { ...clamp } : {}, { times, seed, step });
    return means.data;
  }

  /** Present states, [chains, V]. */
  async states(): Promise<Float32Array> {
    const { data } = await this.runtime.read(this.#states);
    return data as Float32Array;
  }
}
