/**
 * Gibbs chains of a machine whose values are in a runtime: states that stay in memory, and programs that run any number
 * of sweeps in one call. Units may be clamped to known values.
 */
import { gibbsSweep, type Machine } from "./machine.js";
import { drawnOfMeans, repeatedRows, stateRows, unitsOfValue, valueRows } from "./record-units.js";
import type { Units } from "./units.js";
import { where } from "../../ops/elementwise.js";
import { broadcastTo } from "../../ops/movement.js";
import { scan } from "../../ops/scan.js";
import type { Program } from "../../host/program.js";
import type { Runtime } from "../../host/runtime.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";
import { startStreams, sweepStreams } from "../../numbers/streams.js";

/** Sweeps of a loop, unless there are too many chains. */
const usualSweeps = 1000;

/** Most values of a loop: the carries and random numbers of all its iterations. */
const mostOfLoop = 2 ** 31 - 1;

/** Sweeps of one loop. Each has carries and random numbers of the visible units, and random numbers of the hidden ones. */
export function sweepsPerLoop({
  chains,
  visible,
  hidden,
}: Readonly<Record<"chains" | "visible" | "hidden", number>>): number {
  const values = chains * (3 * visible + hidden);
  return Math.max(1, Math.min(usualSweeps, Math.floor(mostOfLoop / values) - 1));
}

export interface GibbsChainsOptions {
  readonly chains: number;
  /** The visible units that stand for the values of records. */
  readonly values: Units;
  /** Whether units may be held at known values; default false. */
  readonly clamped?: boolean;
  /** Whether sweeps take a temperature; default false: it is 1. */
  readonly tempered?: boolean;
  /** The machine for the classes of the chains [chains], if it has label units; sweeps then take these classes. */
  readonly conditioned?: ((labels: Tensor) => Machine) | undefined;
}

/** How sweeps run. */
export interface Sweeping {
  readonly seed: number;
  /** Number of the first sweep, which with the seed determines the random numbers. */
  readonly step: number;
  /** Of clamped chains: units that are 1 in `known` keep their state in `values`; both [chains, V]. */
  readonly clamp?: { known: Float32Array; values: Float32Array };
  /** Of tempered chains. */
  readonly temperature?: number;
  /** Classes of the chains, of a machine with label units. */
  readonly labels?: Int32Array | undefined;
}

/** Markov chains of Gibbs sampling whose states stay in the runtime. What goes in and out are values of records. */
export class GibbsChains {
  readonly #states: Variable;
  readonly #values: Units;
  readonly #clamped: boolean;
  readonly #tempered: boolean;
  readonly #conditioned: GibbsChainsOptions["conditioned"];
  readonly #start: Program;
  /** Programs by their number of sweeps. */
  readonly #sweeps = new Map<number, Program>();

  /**
   * @param machine a machine whose tensors are variables of the runtime
   * @param means means of the visible units [V], from which the initial states are drawn
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly machine: Machine,
    means: Tensor,
    { chains, values, clamped = false, tempered = false, conditioned }: GibbsChainsOptions,
  ) {
    const shape = [chains, means.size];
    this.#values = values;
    this.#clamped = clamped;
    this.#tempered = tempered;
    this.#conditioned = conditioned;
    this.#states = new Variable({ name: `chains of ${chains}`, shape });
    this.#start = runtime.compile(() => ({ updates: new Map([[this.#states, drawnOfMeans(values, means, shape)]]) }), {
      name: "first states",
      streams: startStreams,
    });
  }

  /** A program that runs sweeps as one loop and returns the means of the last one. */
  #program(sweeps: number): Program {
    const { shape } = this.#states;
    const known = this.#sweeps.get(sweeps);
    if (known) return known;
    const made = this.runtime.compile(
      ({ input }) => {
        const machine = this.#conditioned?.(input("labels", shape.slice(0, 1), "i32")) ?? this.machine;
        const clamp = this.#clamped ? [input("known", shape), input("values", shape)] : [];
        const hold = (v: Tensor) => (clamp.length > 0 ? where(clamp[0], clamp[1], v) : v);
        const temperature = this.#tempered ? input("temperature", []) : undefined;
        const first = { v: hold(this.#states), logits: broadcastTo(0, shape) };
        const { carries } = scan({ length: sweeps, carries: first }, ({ v }) => {
          const next = gibbsSweep(machine, v, temperature);
          return { carries: { v: hold(next.v), logits: next.logits } };
        });
        return {
          outputs: { means: hold(machine.visible.mean(carries.logits)) },
          updates: new Map([[this.#states, carries.v]]),
        };
      },
      { name: "gibbs sweeps", streams: sweepStreams },
    );
    this.#sweeps.set(sweeps, made);
    return made;
  }

  /** Sets the initial states [chains, values]: given ones, or drawn with a seed. */
  async start(
    from: { readonly seed: number; readonly step: number } | { readonly states: Float32Array },
  ): Promise<void> {
    if ("states" in from) await this.runtime.write(this.#states, stateRows(this.#values, from.states));
    else await this.#start.run({}, { ...from });
  }

  /**
   * Runs sweeps; resolves with the visible units' means given the last hidden states, or the most likely categories, [chains,
   * values].
   */
  async sweep(times: number, { seed, step, clamp, temperature = 1, labels }: Sweeping): Promise<Float32Array> {
    const feeds = { ...clamp, ...(this.#tempered && { temperature }), ...(labels && { labels }) };
    let means: Float32Array = new Float32Array();
    const [chains, visible] = this.#states.shape;
    const most = sweepsPerLoop({ chains, visible, hidden: this.machine.hiddenBias.size });
    for (let left = times; left > 0; ) {
      const sweeps = Math.min(left, most);
      const rounds = Math.floor(left / sweeps);
      const found = await this.#program(sweeps).run(feeds, { times: rounds, seed, step: step + times - left });
      means = found.means.data as Float32Array;
      left -= sweeps * rounds;
    }
    return valueRows(this.#values, means);
  }

  /** Fills `data` with the states, or means, after `burnIn` sweeps, then after every `thinning` more. */
  async collect(
    data: Float32Array,
    {
      burnIn,
      thinning,
      means,
      ...how
    }: Omit<Sweeping, "step"> & Record<"burnIn" | "thinning", number> & { means: boolean },
  ): Promise<void> {
    let step = 0;
    for (let done = 0; done < data.length; done += this.#states.size / unitsOfValue(this.#values)) {
      const times = done === 0 ? burnIn : thinning;
      const last = await this.sweep(times, { ...how, step });
      step += times;
      const drawn = means ? last : await this.states();
      data.set(drawn.subarray(0, data.length - done), done);
    }
  }

  /**
   * Records [n, values] whose unknown values are filled in by sweeps of clamped chains, as many records at a time as there are
   * chains: the means in the last sweep, or the most likely categories. Values that are 1 in `known` stay as they are.
   */
  async complete(
    values: Float32Array,
    known: Float32Array,
    { sweeps, seed, labels }: { readonly sweeps: number } & Pick<Sweeping, "seed" | "labels">,
  ): Promise<Float32Array> {
    const [chains, units] = this.#states.shape;
    const visible = units / unitsOfValue(this.#values);
    const out = new Float32Array(values.length);
    for (let from = 0, turn = 0; from < out.length; from += chains * visible, turn++) {
      const part = (whole: Float32Array) => {
        const padded = new Float32Array(chains * visible);
        padded.set(whole.subarray(from, from + chains * visible));
        return padded;
      };
      const classes = labels && Int32Array.from({ length: chains }, (_, i) => labels[from / visible + i] ?? 0);
      await this.start({ seed, step: turn });
      const clamp = { known: repeatedRows(this.#values, part(known)), values: stateRows(this.#values, part(values)) };
      const means = await this.sweep(sweeps, { seed, step: turn * sweeps, clamp, labels: classes });
      out.set(means.subarray(0, out.length - from), from);
    }
    return out;
  }

  /** Releases the states and programs. */
  release(): void {
    this.#start.release();
    for (const one of this.#sweeps.values()) one.release();
    this.runtime.release([this.#states]);
  }

  /** Current states, [chains, values]. */
  async states(): Promise<Float32Array> {
    const { data } = await this.runtime.read(this.#states);
    return valueRows(this.#values, data as Float32Array);
  }
}
