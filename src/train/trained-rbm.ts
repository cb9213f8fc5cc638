/** A trained restricted Boltzmann machine: samples by Gibbs chains, reconstructions, in-painting, features. */
import { freeEnergy, hiddenLogits, type Machine, visibleLogits } from "../models/machine.js";
import type { Rbm } from "../models/rbm.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";
import { type Shape, shapeText, sizeOf } from "../shape.js";
import { type Tensor, Variable } from "../tensor.js";
import { Values } from "../values.js";
import { GibbsChains } from "./gibbs-chains.js";
import { type SampleOptions, TrainedModel } from "./trained.js";

export interface RbmSampleOptions extends SampleOptions {
  /** Chains that run side by side (as many as samples, 100 at most). */
  readonly chains?: number;
  /** Sweeps before the first sample of each chain (1,000). */
  readonly burnIn?: number;
  /** Sweeps from one sample of a chain to its next (100). */
  readonly thinning?: number;
  /** First states of the chains [chains, V], records for example, instead of drawing them from the data's means. */
  readonly start?: ArrayLike<number>;
  /** Gives the units' means under the last hidden states instead of drawn states (false). */
  readonly means?: boolean;
}

export interface InpaintOptions extends SampleOptions {
  /** Gibbs sweeps over the unknown units (200). */
  readonly sweeps?: number;
}

/** Records in one call of a program. */
const mostRecords = 256;

export class TrainedRbm extends TrainedModel {
  /** The machine by its plain parameters, as variables of the runtime; `settle` brings them up to date. */
  readonly machine: Machine & Readonly<Record<"weights" | "visibleBias" | "hiddenBias", Variable>>;
  /** Means of the visible units over the data, [V]. */
  readonly means: Variable;
  readonly #settle: Program;
  readonly #maps = new Map<string, Program>();
  readonly #chains = new Map<string, GibbsChains>();

  constructor(
    family: Rbm,
    override readonly runtime: Runtime,
    shape: Shape,
  ) {
    super(family, runtime, shape);
    const visible = sizeOf(shape);
    const trained = family.machine(visible);
    const plain = (name: string, { shape: of }: Tensor) => new Variable({ name: `rbm/plain/${name}`, shape: of });
    this.means = family.means(visible);
    this.machine = {
      ...trained,
      weights: trained.weights as Variable,
      visibleBias: plain("visibleBias", trained.visibleBias),
      hiddenBias: plain("hiddenBias", trained.hiddenBias),
    };
    const { visibleBias, hiddenBias } = this.machine;
    this.#settle = runtime.compile(
      () => ({
        updates: new Map([
          [visibleBias, trained.visibleBias],
          [hiddenBias, trained.hiddenBias],
        ]),
      }),
      { name: "plain biases" },
    );
  }

  /** Number of visible units. */
  get visible(): number {
    return this.machine.visibleBias.size;
  }

  /** Number of hidden units. */
  get hidden(): number {
    return this.machine.hiddenBias.size;
  }

  /** Computes the plain biases of the present parameters; every method here and the metrics do so first. */
  async settle(): Promise<void> {
    await this.#settle.run();
  }

  /** Present values of W [V, H], a [V] and b [H]. */
  async parameters(): Promise<Readonly<Record<"weights" | "visibleBias" | "hiddenBias", Float32Array>>> {
    await this.settle();
    const read = async (one: Variable) => (await this.runtime.read(one)).data as Float32Array;
    const { weights, visibleBias, hiddenBias } = this.machine;
    return {
      weights: await read(weights),
      visibleBias: await read(visibleBias),
      hiddenBias: await read(hiddenBias),
    };
  }

  /**
   * Draws `count` samples [count, ...shape] from Gibbs chains. Samples of one chain are
   * `thinning` sweeps apart; consecutive samples come from different chains.
   * Throws RangeError where a number is outside of its range.
   */
  override async sample(count: number, options: RbmSampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, ["seed", "chains", "burnIn", "thinning", "start", "means"]);
    checkNumber("sample", "count", count, { whole: true, atLeast: 1 });
    const { seed = 0, chains = Math.min(count, 100), burnIn = 1000, thinning = 100, start, means = false } = options;
    checkNumber("sample", "chains", chains, { whole: true, atLeast: 1 });
    checkNumber("sample", "burnIn", burnIn, { whole: true, atLeast: 1 });
    checkNumber("sample", "thinning", thinning, { whole: true, atLeast: 1 });
    if (start && start.length !== chains * this.visible) {
      throw new RangeError(
        `sample: start has ${chains} x ${this.visible} values, one row per chain, found ${start.length}`,
      );
    }
    await this.settle();
    const running = this.#running(chains, false);
    await running.start(start ? { states: Float32Array.from(start) } : { seed });
    const data = new Float32Array(count * this.visible);
    let step = 0;
    for (let done = 0; done < count; done += chains) {
      const times = done === 0 ? burnIn : thinning;
      const last = await running.sweep(times, { seed, step });
      step += times;
      const drawn = means ? last : await running.states();
      data.set(drawn.subarray(0, Math.min(chains, count - done) * this.visible), done * this.visible);
    }
    return new Values(data, [count, ...this.shape]);
  }

  /** Means of the visible units [n, ...shape] under the hidden units' means under the records. */
  async reconstruct(records: ArrayLike<number>): Promise<Values> {
    const { machine } = this;
    const { data, count } = await this.map("reconstruct", records, (v) =>
      machine.visible.mean(visibleLogits(machine, machine.hidden.mean(hiddenLogits(machine, v)))),
    );
    return new Values(data, [count, ...this.shape]);
  }

  /** Features of records: the hidden units' means, [n, H]. */
  async transform(records: ArrayLike<number>): Promise<Values> {
    const { machine } = this;
    const { data, count } = await this.map("transform", records, (v) => machine.hidden.mean(hiddenLogits(machine, v)));
    return new Values(data, [count, this.hidden]);
  }

  /** F(v) of records, [n]: log p(v) = -F(v) - log Z. */
  async freeEnergy(records: ArrayLike<number>): Promise<Float32Array> {
    return (await this.map("freeEnergy", records, (v) => freeEnergy(this.machine, v))).data;
  }

  /**
   * Fills in unknown units by Gibbs sweeps in which the known ones stay clamped. Gives the means of the unknown units
   * under the last sweep, and known ones as they were, [n, ...shape].
   * @param records [n, V] values; those of unknown units do not matter
   * @param known [V] for all records or [n, V]: not 0 where a unit's value is known
   */
  async inpaint(
    records: ArrayLike<number>,
    known: ArrayLike<number>,
    { seed = 0, sweeps = 200 }: InpaintOptions = {},
  ): Promise<Values> {
    checkNumber("inpaint", "sweeps", sweeps, { whole: true, atLeast: 1 });
    const size = this.visible;
    if (known.length !== size && known.length !== records.length) {
      throw new RangeError(
        `inpaint: known has ${size} values, or ${records.length} for all records, found ${known.length}`,
      );
    }
    const mask = Float32Array.from({ length: records.length }, (_, i) => (known[i % known.length] ? 1 : 0));
    const held = Float32Array.from(records, (value, i) => (mask[i] ? value : 0));
    const count = this.#count("inpaint", held);
    await this.settle();
    const chains = Math.min(count, mostRecords);
    const running = this.#running(chains, true);
    const out = new Float32Array(records.length);
    for (let from = 0; from < records.length; from += chains * size) {
      const part = (whole: Float32Array) => {
        const padded = new Float32Array(chains * size);
        padded.set(whole.subarray(from, from + chains * size));
        return padded;
      };
      // Each turn takes up random numbers of its own.
      const step = (from / (chains * size)) * sweeps;
      await running.start({ seed });
      const clamp = { known: part(mask), values: part(held) };
      out.set((await running.sweep(sweeps, { seed, step, clamp })).subarray(0, out.length - from), from);
    }
    return new Values(out, [count, ...this.shape]);
  }

  /**
   * A function of records [n, V], computed in turns so that memory stays bounded; one row of results per record.
   * Throws RangeError where the records do not fit or lie outside of the visible units' range.
   * @param seed of the function's random numbers, if it draws any
   */
  async map(
    name: string,
    records: ArrayLike<number>,
    f: (v: Tensor) => Tensor,
    seed = 0,
  ): Promise<{ data: Float32Array; count: number }> {
    const count = this.#count(name, records);
    await this.settle();
    let program = this.#maps.get(name);
    if (!program) {
      program = this.runtime.compile(({ input }) => ({ outputs: { out: f(input("v", [null, this.visible])) } }), {
        name,
      });
      this.#maps.set(name, program);
    }
    const values = records instanceof Float32Array ? records : Float32Array.from(records);
    const parts: Float32Array[] = [];
    for (let from = 0; from < count; from += mostRecords) {
      const to = Math.min(count, from + mostRecords);
      const v = values.subarray(from * this.visible, to * this.visible);
      parts.push((await program.run({ v }, { seed, step: from / mostRecords })).out.data);
    }
    const data = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
    parts.reduce((at, part) => {
      data.set(part, at);
      return at + part.length;
    }, 0);
    return { data, count };
  }

  /** Number of records in an array of values. */
  #count(what: string, records: ArrayLike<number>): number {
    const [low, high] = this.machine.visible.range;
    const count = records.length / this.visible;
    if (!Number.isInteger(count) || count === 0) {
      throw new RangeError(
        `${what}: records of ${shapeText(this.shape)} have ${this.visible} values each, found ${records.length} values`,
      );
    }
    for (let i = 0; i < records.length; i++) {
      if (records[i] >= low && records[i] <= high) continue;
      throw new RangeError(
        `${what}: values lie in [${low}, ${high}], found ${records[i]} in record ${Math.floor(i / this.visible)}`,
      );
    }
    return count;
  }

  #running(chains: number, clamped: boolean): GibbsChains {
    const key = `${chains}${clamped ? " clamped" : ""}`;
    const running =
      this.#chains.get(key) ?? new GibbsChains(this.runtime, this.machine, this.means, { chains, clamped });
    this.#chains.set(key, running);
    return running;
  }
}
