/**
 * The moving average of the generator's variables, with which a GAN samples: averaged parameters give better samples than
 * those of the last step (Yazıcı et al. 2019).
 */
import { zeros } from "../../layers/initializers.js";
import { checkEnds } from "../../kinds/option.js";
import { checkRole } from "../../kinds/roles.js";
import type { Updates } from "../../layers/layer.js";
import { add, div, exp, maximum, minimum, mul, sub } from "../../ops/elementwise.js";
import type { Schedule } from "../../optimizers/schedules.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";

export interface HalfLifeOptions {
  /**
   * Number of images (records of the data) after which a past value has half of its weight; above 0, or a schedule of it by
   * training steps. A value of 0 of the schedule: no average.
   */
  readonly halfLife: number | Schedule;
  /**
   * Limits the half-life to this times the number of images so far, so that initial values lose weight quickly; default
   * 0.05. 0: no limit.
   */
  readonly rampUp?: number;
}

/**
 * The decay of a moving average: a number from 0 (no average) to below 1, a schedule of it by training steps, or its
 * half-life.
 */
export type Decay = number | Schedule | HalfLifeOptions;

/** Whether a decay is meant as a schedule; the description of one, which has a kind, is a mistake. */
const isSchedule = (decay: Decay): decay is Schedule => typeof decay === "object" && ("at" in decay || "kind" in decay);

/** Returns the decay with its defaults. Throws TypeError or RangeError if it is not valid; `what` begins the message. */
export function checkedDecay(what: string, decay: Decay): Decay {
  const range = { atLeast: 0, below: 1 };
  if (typeof decay === "number") return checkNumber(what, "ema", decay, range);
  if (typeof decay !== "object" || decay === null)
    throw new TypeError(`${what}: ema must be a number, a schedule or { halfLife, rampUp }, found ${textOf(decay)}`);
  if (isSchedule(decay)) {
    checkEnds(what, "ema", checkRole(what, "ema", "schedule", decay), range);
    return decay;
  }
  checkOptions(`${what}: ema`, decay, ["halfLife", "rampUp"]);
  const { halfLife, rampUp = 0.05 } = decay;
  if (typeof halfLife === "number") checkNumber(what, "ema.halfLife", halfLife, { above: 0 });
  else
    checkEnds(what, "ema.halfLife", checkRole(what, "ema.halfLife", "schedule", halfLife, "a number or "), {
      atLeast: 0,
    });
  checkNumber(what, "ema.rampUp", rampUp, { atLeast: 0 });
  return { halfLife, rampUp };
}

const configOf = (value: number | Schedule) => (typeof value === "number" ? value : value.config);

/** A checked decay as JSON. */
export const decayConfig = (decay: Decay): unknown =>
  typeof decay === "object" && !isSchedule(decay) ? { ...decay, halfLife: configOf(decay.halfLife) } : configOf(decay);

const valueAt = (value: number | Schedule, step: Tensor) => (typeof value === "number" ? value : value.at(step));

/**
 * The weight of the average in its next value, after `before` steps of `batch` images. A decay is limited to (n + 1) /
 * (n + 10) after n steps, so that initial values lose weight quickly. A half-life is limited by its ramp-up (Karras et al.
 * 2020, "Training generative adversarial networks with limited data", code): 0.5^(batch / min(halfLife, rampUp images)).
 */
function weightOf(decay: Decay, before: Tensor, batch: number): Tensor {
  if (typeof decay === "number" || isSchedule(decay))
    return minimum(div(add(before, 1), add(before, 10)), valueAt(decay, before));
  const { halfLife, rampUp = 0 } = decay;
  const most = valueAt(halfLife, before);
  const images = rampUp > 0 ? minimum(mul(before, batch * rampUp), most) : most;
  // A half-life of 0 gives the weight 0: only the present value counts.
  return exp(div(batch * -Math.LN2, maximum(images, 1e-8)));
}

/** A moving average of variables. */
export interface MovingAverage {
  /** The averages so far, and the number of steps that they are of. */
  readonly variables: readonly Variable[];
  /** The average of a variable, with the same initial values. */
  of(variable: Variable): Variable;
  /** Adds the next averages to a step's updates, from the values that the step gives these variables. */
  update(variables: readonly Variable[], updates: Updates, batch: number): void;
}

/** Creates a moving average of a checked decay; undefined if that is 0. */
export function movingAverage(decay: Decay): MovingAverage | undefined {
  if (decay === 0) return undefined;
  const averages = new Map<Variable, Variable>();
  const count = new Variable({ name: "optimizer/ema/step", shape: [], initializer: zeros });
  const of = (variable: Variable): Variable => {
    const known = averages.get(variable);
    if (known) return known;
    const { name, shape, initializer } = variable;
    // Initial values are drawn from the same stream as the variable's, so both are equal.
    const own = { name: `ema/${name}`, shape, ...(initializer ? { initializer } : {}), sameDrawAs: name };
    const average = new Variable(own);
    averages.set(variable, average);
    return average;
  };
  return {
    get variables() {
      return [...averages.values(), count];
    },
    of,
    update(variables, updates, batch) {
      updates.set(count, add(count, 1));
      const weight = weightOf(decay, count, batch);
      for (const variable of variables) {
        const average = of(variable);
        const value = updates.get(variable) ?? variable;
        updates.set(average, add(value, mul(weight, sub(average, value))));
      }
    },
  };
}
