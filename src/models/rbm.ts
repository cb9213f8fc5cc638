/**
 * Restricted Boltzmann machines (Smolensky 1986), trained by contrastive divergence (Hinton 2002) or persistent
 * contrastive divergence (Tieleman 2008). The loss is F(v) - F(stop(v_k)), whose gradient is that rule; v_k comes out of
 * k Gibbs sweeps, which are part of the step's program.
 */
import type { Dataset } from "../data/dataset.js";
import { filled, type Initializer, normal, zeros } from "../initializers.js";
import { add, lessEqual, mul, square, sub } from "../ops/elementwise.js";
import { reshape } from "../ops/movement.js";
import { randomBernoulli } from "../ops/random.js";
import { mean, sum } from "../ops/reduction.js";
import { stopGradient } from "../ops/stop.js";
import { checkNumber, checkOptions, kindOf } from "../options.js";
import { type Optimizer, optimizerFrom, sgd } from "../optimizers/index.js";
import type { Runtime } from "../runtime.js";
import { sameShape, type Shape, shapeText, sizeOf } from "../shape.js";
import { type Tensor, Variable } from "../tensor.js";
import { TrainedRbm } from "../train/trained-rbm.js";
import { type TrainOptions, Training } from "../train/training.js";
import { bernoulli, type Units, unitsFrom } from "../units.js";
import type { BatchSource, Family, FamilyConfig, StepGraph } from "./family.js";
import { freeEnergy, gibbs, hiddenLogits, type Machine } from "./machine.js";

/** How values between 0 and 1 become states of the units. */
const binarisations = {
  /** As they are: values in between count as probabilities. */
  none: (x: Tensor) => x,
  /** Drawn anew for every batch. */
  dynamic: (x: Tensor) => randomBernoulli(x),
  /** 1 from 0.5 on, else 0. */
  static: (x: Tensor) => lessEqual(0.5, x),
};

export interface RbmOptions {
  /** Number of hidden units. */
  readonly hidden: number;
  /** Bernoulli for both layers where not given. */
  readonly units?: { readonly visible: Units; readonly hidden: Units };
  /** k: Gibbs sweeps of a step (1). */
  readonly sweeps?: number;
  /** Goes on with the chains of the last step instead of starting at the batch (false). */
  readonly persistent?: boolean;
  /**
   * Subtracts offsets from both layers' states: the data's means from the visible ones, a running mean from the hidden
   * ones, which moves by this share at each step (0.01); false keeps the plain states.
   */
  readonly centering?: number | false;
  /** Shrinks the weights, not the biases: adds this times |W|^2 / 2 to what is minimised (0). */
  readonly weightDecay?: number;
  /** sgd(0.05, { momentum: 0.5 }) where not given. */
  readonly optimizer?: Optimizer;
  /** What happens to data between 0 and 1 ("none"). */
  readonly binarisation?: keyof typeof binarisations;
}

/** Gibbs sweeps of a sample that is drawn by the family's graph alone. */
const sampleSweeps = 100;

const defaults = (): Required<Omit<RbmOptions, "hidden">> => ({
  units: { visible: bernoulli(), hidden: bernoulli() },
  sweeps: 1,
  persistent: false,
  centering: 0.01,
  weightDecay: 0,
  optimizer: sgd(0.05, { momentum: 0.5 }),
  binarisation: "none",
});

/** An RBM: see `rbm`. */
export class Rbm implements Family<TrainedRbm> {
  readonly kind = "rbm";
  readonly config: FamilyConfig;
  readonly draws = 1;
  readonly #options: Required<RbmOptions>;
  readonly #made = new Map<string, Variable>();

  constructor(options: RbmOptions) {
    const full = { ...defaults(), ...options };
    checkOptions("rbm", options, ["hidden", ...Object.keys(defaults())]);
    checkNumber("rbm", "hidden", full.hidden, { whole: true, atLeast: 1 });
    checkNumber("rbm", "sweeps", full.sweeps, { whole: true, atLeast: 1 });
    checkNumber("rbm", "weightDecay", full.weightDecay, { atLeast: 0 });
    if (full.centering !== false) checkNumber("rbm", "centering", full.centering, { atLeast: 0, atMost: 1 });
    kindOf("rbm: binarisation", binarisations, full.binarisation);
    this.#options = full;
    const { units, optimizer, ...plain } = full;
    this.config = {
      kind: "rbm",
      ...plain,
      units: { visible: units.visible.config, hidden: units.hidden.config },
      optimizer: optimizer.config,
    };
  }

  get variables(): readonly Variable[] {
    return [...this.#made.values()];
  }

  /** Means of the visible units over the data [V]: chains start there, and it is the centre of the visible units. */
  means(visible: number): Variable {
    return this.#variable("means", [visible], filled(0.5));
  }

  /**
   * The machine of records of `visible` values. Trained are the biases of the centred energy (Montavon, Mueller 2012,
   * eq. 2) -(v - means).a' - (h - offsets).b' - (v - means) W (h - offsets); a and b follow from them.
   */
  machine(visible: number): Machine {
    const { weights, visibleBias, hiddenBias } = this.#trainable(visible);
    const { units, centering } = this.#options;
    if (centering === false) return { weights, visibleBias, hiddenBias, ...units };
    const rows = reshape(this.means(visible), [visible, 1]);
    return {
      weights,
      visibleBias: sub(visibleBias, sum(mul(weights, this.#offsets()), { axes: 1 })),
      hiddenBias: sub(hiddenBias, sum(mul(weights, rows), { axes: 0 })),
      ...units,
    };
  }

  step(batches: BatchSource): StepGraph {
    const { sweeps, persistent, centering, weightDecay, optimizer, binarisation } = this.#options;
    const visible = sizeOf(batches.shape);
    const machine = this.machine(visible);
    const data = binarisations[binarisation](reshape(batches.next(), [batches.size, visible])).named("data");
    const chains = persistent ? this.#chains(batches.size, visible) : undefined;
    const fantasy = stopGradient(gibbs(machine, chains ?? data, sweeps));
    const contrast = sub(mean(freeEnergy(machine, data)), mean(freeEnergy(machine, fantasy)));
    const { weights, visibleBias, hiddenBias } = this.#trainable(visible);
    const decay = mul(sum(square(weights)), weightDecay / 2);
    const updates = optimizer.minimize(weightDecay > 0 ? add(contrast, decay) : contrast, [
      weights,
      visibleBias,
      hiddenBias,
    ]);
    if (chains) updates.set(chains, fantasy);
    if (centering !== false && centering > 0) {
      const offsets = this.#offsets();
      const active = mean(machine.hidden.mean(hiddenLogits(machine, data)), { axes: 0 });
      const moved = mul(sub(active, offsets), centering);
      updates.set(offsets, add(offsets, moved));
      // The same machine under its new centre (Melchior, Fischer, Wiskott 2016, algorithm 1).
      const shift = sum(mul(updates.get(weights) as Tensor, moved), { axes: 1 });
      updates.set(visibleBias, add(updates.get(visibleBias) as Tensor, shift));
    }
    return { losses: { contrast }, updates };
  }

  /** Samples after 100 Gibbs sweeps from the data's means; `TrainedRbm.sample` has the choice. */
  sample(count: number, shape: Shape): Tensor {
    const visible = sizeOf(shape);
    const start = randomBernoulli(this.means(visible), [count, visible]);
    return reshape(gibbs(this.machine(visible), start, sampleSweeps), [count, ...shape]);
  }

  trained(runtime: Runtime, shape: Shape): TrainedRbm {
    return new TrainedRbm(this, runtime, shape);
  }

  /** Trains on a data set in [0, 1]; see `TrainOptions`. Throws RangeError where the data lie outside of it. */
  train(runtime: Runtime, data: Dataset, options: TrainOptions): Training<TrainedRbm> {
    this.#checkRange(data);
    return new Training<TrainedRbm>(this, runtime, data, options);
  }

  /** Means of the data, and visible biases that give them by themselves (Hinton 2012, section 8). */
  prepare(data: Dataset): ReadonlyMap<Variable, ArrayLike<number>> {
    this.#checkRange(data);
    const means = meansOf(data);
    const visible = means.length;
    return new Map([
      [this.means(visible), means],
      [this.#trainable(visible).visibleBias, means.map((p) => Math.log(p / (1 - p)))],
    ]);
  }

  #trainable(visible: number): Record<"weights" | "visibleBias" | "hiddenBias", Variable> {
    const { hidden } = this.#options;
    return {
      weights: this.#variable("weights", [visible, hidden], normal(0.01)),
      visibleBias: this.#variable("visibleBias", [visible], zeros),
      hiddenBias: this.#variable("hiddenBias", [hidden], zeros),
    };
  }

  /** Running means of the hidden units. */
  #offsets(): Variable {
    return this.#variable("offsets", [this.#options.hidden], filled(0.5));
  }

  /** Visible states of the persistent chains. */
  #chains(count: number, visible: number): Variable {
    return this.#variable("chains", [count, visible], (shape) => randomBernoulli(0.5, shape));
  }

  #variable(name: string, shape: Shape, initializer: Initializer): Variable {
    const known = this.#made.get(name);
    if (known && !sameShape(known.shape, shape)) {
      throw new RangeError(`rbm: ${name} was made as ${shapeText(known.shape)}, now asked for as ${shapeText(shape)}`);
    }
    const made = known ?? new Variable({ name: `rbm/${name}`, shape, initializer });
    this.#made.set(name, made);
    return made;
  }

  #checkRange({ name, extent, scale, shift }: Dataset): void {
    const [low, high] = this.#options.units.visible.range;
    const found = extent.map((value) => value * scale + shift);
    // A range of [0, 1] in f32 may end a rounding beyond.
    if (Math.min(...found) >= low - 1e-6 && Math.max(...found) <= high + 1e-6) return;
    throw new RangeError(
      `rbm: data lie in [${low}, ${high}], found [${found.join(", ")}] in ${name}: withRange(data, ${low}, ${high})`,
    );
  }
}

/** Mean of every value over the records, by the rule of succession: never 0 or 1. */
function meansOf({ records, count, scale, shift }: Dataset): Float64Array {
  const size = records.length / count;
  const totals = new Float64Array(size);
  for (let i = 0; i < records.length; i++) totals[i % size] += records[i] * scale + shift;
  return totals.map((total) => (total + 1) / (count + 2));
}

/**
 * A restricted Boltzmann machine: say how many hidden units it has, then `train` it on a data set in [0, 1].
 *
 * Throws TypeError for an unknown option, RangeError where a number is outside of its range.
 * @example rbm({ hidden: 500, persistent: true, optimizer: sgd(0.01) })
 */
export function rbm(options: RbmOptions): Rbm {
  return new Rbm(options);
}

/** Reads an RBM's configuration back. */
export function rbmFrom({ kind: _kind, ...config }: FamilyConfig): Rbm {
  const { units, optimizer, ...plain } = config as unknown as RbmOptions & {
    units: Record<"visible" | "hidden", Units["config"]>;
    optimizer: Optimizer["config"];
  };
  return rbm({
    ...plain,
    units: { visible: unitsFrom(units.visible), hidden: unitsFrom(units.hidden) },
    optimizer: optimizerFrom(optimizer),
  });
}
