/**
 * Annealed importance sampling of the log-partition function of a Bernoulli machine (Neal 2001; Salakhutdinov, Murray
 * 2008), and the same path in reverse (Burda, Grosse, Salakhutdinov 2015). On average the first underestimates log Z
 * and the second overestimates it, so together they bracket it.
 *
 * The path of unnormalised densities leads from the data's base rates c, without weights, to the machine:
 *     log f_t(v) = v.((1 - t) c + t a) + sum of softplus(t (b + v W)),   0 <= t <= 1
 * and the value at its start is known: log Z_0 = sum of softplus(c) + H log 2.
 *
 * With label units, v are joint states, and the sum over the label units is the log of the sum of e^c; so is that over the units of
 * a value that has one for each category.
 */
import { hiddenLogits, visibleLogits } from "./machine.js";
import { add, div, expm1, log1p, mul, sigmoid, sub } from "../../ops/elementwise.js";
import { literal } from "../../ops/literal.js";
import { broadcastTo } from "../../ops/movement.js";
import { sum } from "../../ops/reduction.js";
import { scan } from "../../ops/scan.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import type { Program } from "../../host/program.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";
import type { Records } from "../../train/records.js";
import type { TrainedRbm } from "./trained-rbm.js";
import { baseRatesOf } from "./record-units.js";
import { annealStreams, baseRateStreams } from "../../numbers/streams.js";

export interface AnnealingOptions {
  /** Number of changes of temperature between the base rates and the machine; default 10,000. */
  readonly temperatures?: number;
  /** Number of chains, each of which yields one weighted sample; default 100. */
  readonly chains?: number;
  readonly seed?: number;
}

export interface ReverseAnnealingOptions extends AnnealingOptions {
  /**
   * States [chains, V] in which the Gibbs sweeps begin; annealing begins where the sweeps end. Default: drawn from the
   * data's means.
   */
  readonly start?: Records;
  /** Number of those Gibbs sweeps; default 1,000. */
  readonly burnIn?: number;
}

export interface LogPartitionEstimate {
  readonly logZ: number;
  /** Standard error of logZ, from the spread of the weights (delta method). */
  readonly standardError: number;
  /** log(Z - 3 standard errors of Z); -Infinity if Z - 3 standard errors is not positive. */
  readonly low: number;
  /** log(Z + 3 standard errors of Z). */
  readonly high: number;
  /** (sum of weights)^2 / sum of squared weights: the effective number of chains. */
  readonly effectiveChains: number;
}

/** Temperatures per loop; the log-weights of each loop are added in f64. */
const temperaturesPerLoop = 200;

type Direction = "forwards" | "backwards";

/**
 * The path as programs: every iteration adds the log-weights of one change of temperature, then runs a Gibbs sweep at
 * the new temperature.
 */
class Annealing {
  readonly #base: Variable;
  readonly #states: Variable;
  readonly #start: Program;
  /** Programs by their number of temperatures. */
  readonly #loops = new Map<number, Program>();

  constructor(
    private readonly model: TrainedRbm,
    private readonly chains: number,
    private readonly direction: Direction,
  ) {
    const { runtime, machine } = model;
    const visible = machine.visibleBias.size;
    const shape = [chains, visible];
    this.#base = new Variable({ name: "base rates", shape: [visible] });
    this.#states = new Variable({ name: "annealed states", shape });
    this.#start = runtime.compile(
      () => ({ updates: new Map([[this.#states, machine.visible.draw(broadcastTo(this.#base, shape))]]) }),
      { name: "base rates' states", streams: baseRateStreams },
    );
  }

  /** A program that runs `length` temperatures after the first `done`; its output is the log-weights that they add. */
  #loop(length: number): Program {
    const known = this.#loops.get(length);
    if (known) return known;
    const { runtime, machine } = this.model;
    const made = runtime.compile(
      ({ input }) => {
        const temperatures = input("temperatures", []);
        const done = input("done", []);
        const at = (ahead: number) => {
          const counts = literal(
            Array.from({ length: length }, (_, i) => i + ahead),
            [length],
          );
          const t = div(add(done, counts), temperatures);
          return this.direction === "forwards" ? t : sub(1, t);
        };
        const { carries } = scan(
          {
            carries: { v: this.#states, weights: broadcastTo(0, [this.chains]) },
            sequences: { from: at(0), to: at(1) },
          },
          ({ v, weights }, { from, to }) => {
            const inputs = hiddenLogits(machine, v);
            const h = machine.hidden.draw(mul(inputs, to));
            const logits = add(mul(this.#base, sub(1, to)), mul(visibleLogits(machine, h), to));
            const gain = this.#gain({ v, inputs }, from, sub(to, from));
            return { carries: { v: machine.visible.draw(logits), weights: add(weights, gain) } };
          },
        );
        return { outputs: { weights: carries.weights }, updates: new Map([[this.#states, carries.v]]) };
      },
      { name: `anneal ${this.direction}`, streams: annealStreams },
    );
    this.#loops.set(length, made);
    return made;
  }

  /**
   * log f_(t + d)(v) - log f_t(v), [chains]. softplus(x + y) - softplus(x) is computed as
   * log(1 + sigmoid(x) (e^y - 1)), which is accurate for small y.
   */
  #gain({ v, inputs }: { v: Tensor; inputs: Tensor }, t: Tensor, d: Tensor): Tensor {
    const own = sum(mul(v, sub(this.model.machine.visibleBias, this.#base)), { axes: 1 });
    const grown = log1p(mul(sigmoid(mul(inputs, t)), expm1(mul(inputs, d))));
    return add(mul(own, d), sum(grown, { axes: 1 }));
  }

  /** Log-weights of all chains, without log Z_0. If no initial states are given, they are drawn from the base rates. */
  async run(
    base: Float64Array,
    { temperatures, seed, states }: { temperatures: number; seed: number; states?: Float32Array },
  ): Promise<Float64Array> {
    const { runtime } = this.model;
    await runtime.write(this.#base, base);
    if (states) await runtime.write(this.#states, states);
    else await this.#start.run({}, { seed });
    const logWeights = new Float64Array(this.chains);
    for (let done = 0; done < temperatures; ) {
      const length = Math.min(temperaturesPerLoop, temperatures - done);
      const { weights } = await this.#loop(length).run({ temperatures, done }, { seed, step: done });
      for (let i = 0; i < logWeights.length; i++) logWeights[i] += weights.data[i];
      done += length;
    }
    return logWeights;
  }

  /** Releases the memory of states and programs. */
  release(): void {
    for (const one of [this.#start, ...this.#loops.values()]) one.release();
    this.model.runtime.release([this.#base, this.#states]);
  }
}

/** The annealing of a model, cached so that repeated estimates share memory. */
const annealing = (model: TrainedRbm, chains: number, direction: Direction) =>
  model.kept(`annealing ${direction} ${chains}`, () => new Annealing(model, chains, direction));

/** Logits of the data's means [V], and log Z of the machine with only these as biases. */
async function baseRates(model: TrainedRbm): Promise<{ base: Float64Array; logZ: number }> {
  const { data } = await model.runtime.read(model.means);
  const { visible, units } = model;
  const own = baseRatesOf(units, (data as Float32Array).subarray(0, visible));
  const labels = Float64Array.from((data as Float32Array).subarray(visible), Math.log);
  const ofLabels = labels.length > 0 ? Math.log(labels.reduce((total, c) => total + Math.exp(c), 0)) : 0;
  return {
    base: Float64Array.of(...own.logits, ...labels),
    logZ: own.logPartition + model.hidden * Math.LN2 + ofLabels,
  };
}

/** log of the mean of e^x, with its standard error. */
function logMean(logWeights: Float64Array): Omit<LogPartitionEstimate, "logZ"> & { readonly value: number } {
  const count = logWeights.length;
  const top = logWeights.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const weights = logWeights.map((x) => Math.exp(x - top));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mean = total / count;
  const variance = weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / Math.max(1, count - 1);
  const standardError = Math.sqrt(variance / count) / mean;
  const value = top + Math.log(mean);
  return {
    value,
    standardError,
    low: standardError * 3 < 1 ? value + Math.log1p(-3 * standardError) : Number.NEGATIVE_INFINITY,
    high: value + Math.log1p(3 * standardError),
    effectiveChains: total ** 2 / weights.reduce((sum, w) => sum + w * w, 0),
  };
}

function checked(what: string, options: AnnealingOptions, names: readonly string[]): Required<AnnealingOptions> {
  checkOptions(what, options, ["temperatures", "chains", "seed", ...names]);
  const { temperatures = 10_000, chains = 100, seed = 0 } = options;
  checkSeed(what, seed);
  // Above 2^24 an f32 cannot count in steps of one.
  checkNumber(what, "temperatures", temperatures, { whole: true, atLeast: 1, atMost: 2 ** 24 });
  checkNumber(what, "chains", chains, { whole: true, atLeast: 2 });
  return { temperatures, chains, seed };
}

/**
 * Estimates log Z by annealed importance sampling: the estimate of Z is unbiased, so log Z is underestimated on
 * average.
 * @throws RangeError (as a rejection) if a number is outside of its range
 */
export async function annealedLogPartition(
  model: TrainedRbm,
  options: AnnealingOptions = {},
): Promise<LogPartitionEstimate> {
  const { temperatures, chains, seed } = checked("annealedLogPartition", options, []);
  return model.inTurn(async () => {
    await model.settle();
    const { base, logZ } = await baseRates(model);
    const { value, ...spread } = logMean(await annealing(model, chains, "forwards").run(base, { temperatures, seed }));
    return { logZ: logZ + value, ...spread, low: logZ + spread.low, high: logZ + spread.high };
  });
}

/**
 * Estimates log Z by annealing from the machine's own samples back to the base rates: the estimate of 1 / Z is unbiased
 * if those samples are exact, so log Z is overestimated on average. Here they are drawn by Gibbs sampling; if the
 * machine mixes slowly, pass its data as `start`.
 * @throws RangeError (as a rejection) if a number is outside of its range
 */
export async function reverseLogPartition(
  model: TrainedRbm,
  options: ReverseAnnealingOptions = {},
): Promise<LogPartitionEstimate> {
  const { temperatures, chains, seed } = checked("reverseLogPartition", options, ["start", "burnIn"]);
  const { start, burnIn = 1000 } = options;
  const drawn = await model.sample(chains, {
    ...{ chains, burnIn, seed, untrained: true },
    ...(start ? { start } : {}),
  });
  const states = await model.jointStates(drawn, seed);
  return model.inTurn(async () => {
    await model.settle();
    const { base, logZ } = await baseRates(model);
    const logWeights = await annealing(model, chains, "backwards").run(base, { temperatures, seed, states });
    const { value, ...spread } = logMean(logWeights);
    return { logZ: logZ - value, ...spread, low: logZ - spread.high, high: logZ - spread.low };
  });
}
