/**
 * The variables of a machine, whose weights and biases are trained in the centred form of its energy (Montavon, Mueller
 * 2012, eq. 2)
 *     E(v, h) = -(v - means).a' - (h - offsets).b' - (v - means) W (h - offsets)
 * because the gradients of this form do not depend on how many units are 1. The plain biases are a = a' - W offsets
 * and b = b' - means W. V are the visible units with the label units, if there are any.
 */
import { eachBlock } from "../../data/stream.js";
import { isStreamed, type TrainingData } from "../../data/training-data.js";
import { filled, type Initializer, normal, zeros } from "../../layers/initializers.js";
import type { Updates } from "../../layers/layer.js";
import { log } from "../../numbers/portable-math.js";
import { meanOfRanks } from "../../ops/all-reduce.js";
import { add, mul, sub } from "../../ops/elementwise.js";
import { broadcastTo, reshape } from "../../ops/movement.js";
import { randomBernoulli } from "../../ops/random.js";
import { mean, sum } from "../../ops/reduction.js";
import { sameShape, type Shape, shapeText, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";
import { countsOf } from "../../train/class-draw.js";
import type { Units } from "./units.js";
import { jointUnits, type LabelGroup } from "./labels.js";
import { hiddenLogits, type Machine } from "./machine.js";
import { addStates, baseRatesOf, unitsOfValue } from "./record-units.js";

export interface CentredMachineOptions {
  readonly hidden: number;
  readonly units: { readonly visible: Units; readonly hidden: Units };
  /** Share by which each batch moves the offsets to its mean hidden states; false: the plain energy, all centres 0. */
  readonly centring: number | false;
  /** Number of label units, which are the last visible ones: see labels.ts. */
  readonly classes?: number | undefined;
}

/** The trained parameters of a machine and their offsets, from which the plain parameters follow. */
export class CentredMachine {
  readonly #made = new Map<string, Variable>();

  /** The label units, if the machine has any. */
  readonly labels: LabelGroup | undefined;
  readonly #visible: Units;
  /** The visible units without the label units. */
  readonly values: Units;

  constructor(private readonly options: CentredMachineOptions) {
    const { classes, units } = options;
    this.values = units.visible;
    this.labels = classes === undefined ? undefined : { classes, values: units.visible };
    this.#visible = this.labels ? jointUnits(this.labels) : units.visible;
  }

  /** Number of visible units for records of `values` values: V, with the label units. */
  visibleOf(values: number): number {
    return this.ownOf(values) + (this.labels?.classes ?? 0);
  }

  /** Number of visible units for records of `values` values, without the label units. */
  ownOf(values: number): number {
    return values * unitsOfValue(this.values);
  }

  /** All variables; complete once the graphs that use them are built. */
  get variables(): readonly Variable[] {
    return [...this.#made.values()];
  }

  /** W [V, H], and the biases a' [V] and b' [H]. */
  trainable(visible: number): { weights: Variable; visibleBias: Variable; hiddenBias: Variable } {
    const { hidden } = this.options;
    return {
      weights: this.#variable("weights", [visible, hidden], normal(0.01)),
      visibleBias: this.#variable("visibleBias", [visible], zeros),
      hiddenBias: this.#variable("hiddenBias", [hidden], zeros),
    };
  }

  /** Means of the visible units over the data, [V]. */
  means(visible: number): Variable {
    return this.#variable("means", [visible], filled(0.5));
  }

  /** Current visible states of the persistent chains, [count, V]. */
  chains(count: number, visible: number): Variable {
    const first = (shape: Shape) =>
      this.labels || this.values.categories ? this.#visible.draw(broadcastTo(0, shape)) : randomBernoulli(0.5, shape);
    return this.#variable("chains", [count, visible], first);
  }

  /** The machine with plain biases. */
  machine(visible: number): Machine {
    const { weights, visibleBias, hiddenBias } = this.trainable(visible);
    const { units: given, centring } = this.options;
    const units = { visible: this.#visible, hidden: given.hidden };
    if (centring === false) return { weights, visibleBias, hiddenBias, ...units };
    const means = reshape(this.means(visible), [visible, 1]);
    return {
      weights,
      visibleBias: sub(visibleBias, sum(mul(weights, this.#offsets()), { axes: 1 })),
      hiddenBias: sub(hiddenBias, sum(mul(weights, means), { axes: 0 })),
      ...units,
    };
  }

  /**
   * Moves the hidden centre towards the mean hidden states of a batch [n, V]. The biases in `updates` are changed to
   * compensate, so that the distribution stays the same (Melchior, Fischer, Wiskott 2016, algorithm 1).
   */
  recentre(machine: Machine, batch: Tensor, updates: Updates): void {
    const { centring } = this.options;
    if (centring === false || centring === 0) return;
    const { weights, visibleBias } = this.trainable(batch.shape[1]);
    const offsets = this.#offsets();
    const own = mean(machine.hidden.mean(hiddenLogits(machine, batch)), { axes: 0 });
    const active = meanOfRanks(own, "the mean hidden states");
    const moved = mul(sub(active, offsets), centring);
    updates.set(offsets, add(offsets, moved));
    const shift = sum(mul(updates.get(weights) ?? weights, moved), { axes: 1 });
    updates.set(visibleBias, add(updates.get(visibleBias) ?? visibleBias, shift));
  }

  /**
   * Initial values from the data: its means, and the visible biases that give these means without weights (Hinton 2012,
   * section 8). Those of the label units are the shares of the classes, and their logarithms.
   */
  async firstValues(data: TrainingData): Promise<Map<Variable, ArrayLike<number>>> {
    const means = await meansOf(data, this.values);
    const shares = this.labels ? sharesOf(data, this.labels.classes) : [];
    const visible = means.length + shares.length;
    return new Map([
      [this.means(visible), [...means, ...shares]],
      [this.trainable(visible).visibleBias, [...baseRatesOf(this.values, means).logits, ...shares.map((p) => log(p))]],
    ]);
  }

  /** Running means of the hidden units, [H]. */
  #offsets(): Variable {
    return this.#variable("offsets", [this.options.hidden], filled(0.5));
  }

  #variable(name: string, shape: Shape, initializer: Initializer): Variable {
    const known = this.#made.get(name);
    if (known && !sameShape(known.shape, shape)) {
      throw new RangeError(
        `rbm: ${name} must have the shape that it was created with, ${shapeText(known.shape)}, found ${shapeText(shape)}`,
      );
    }
    const made = known ?? new Variable({ name: `rbm/${name}`, shape, initializer });
    this.#made.set(name, made);
    return made;
  }
}

/**
 * Mean of every unit over the records, by the rule of succession (sum + 1) / (count + number of states), so never 0 or 1: a value
 * has two states, or one for each category.
 */
async function meansOf(data: TrainingData, units: Units): Promise<Float64Array> {
  const { count, scale, shift, shape } = data;
  const totals = new Float64Array(sizeOf(shape) * unitsOfValue(units));
  const visit = (raw: Uint8Array | Float32Array) =>
    addStates(
      units,
      Float64Array.from(raw, (value) => value * scale + shift),
      totals,
    );
  if (isStreamed(data)) await eachBlock(data, visit);
  else visit(data.records);
  const { categories: outcomes = 2 } = units;
  return totals.map((total) => (total + 1) / (count + outcomes));
}

/** Share of every class, by the rule of succession, so never 0. */
const sharesOf = ({ count, labels }: TrainingData, classes: number) =>
  countsOf(labels ?? [], classes).map((own) => (own + 1) / (count + classes));
