/**
 * Schedules: numbers that change with the step, as plain values. The step is the number of previous updates, so the first
 * update has step 0, as in PyTorch.
 */
import { type KindConfig, makeKind } from "../kinds/kind.js";
import type { OptionRules } from "../kinds/option.js";
import * as portable from "../numbers/portable-math.js";
import { constant as constantTensor } from "../ops/constant.js";
import { add, div, exp, maximum, minimum, mul, sin, square, sub } from "../ops/elementwise.js";
import { textOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";

export interface Schedule {
  /** As JSON; `fromConfig("schedule", config)` reads it back. */
  readonly config: KindConfig;
  /** The value, a scalar, after `step` updates; `step` is a scalar that starts at 0. */
  at(step: Tensor): Tensor;
  /**
   * Values that all others are between, the value of step 0 first. Limits of the option that takes the schedule are checked
   * by them; without them, in a kind of a user's own, they are not checked.
   */
  readonly ends?: readonly number[];
}

export interface RampOptions {
  /** Final value, from step `steps` on; default 0. */
  readonly to?: number;
  /** Steps from the first value to the last. */
  readonly steps: number;
}

const whole = { atLeast: 1, whole: true } as const;

/** Progress of a ramp, in [0, 1]: a quotient, as the product with a rounded 1 / steps may end below 1. */
const progress = (step: Tensor, steps: number) => minimum(div(step, steps), 1);

/** Between two values, and each of them exactly where its share is 1: the sum of from and a difference would cancel. */
const mixed = (from: number, share: Tensor, to: number) => add(mul(share, from), mul(sub(1, share), to));

/**
 * Makes a kind of schedule whose first parameter is its initial value; the options determine how it changes, and the value
 * that it ends at or approaches.
 */
const falling = <O extends object>(
  kind: string,
  options: OptionRules,
  last: (options: Required<O> & { readonly from: number }) => number,
  at: (step: Tensor, options: Required<O> & { readonly from: number }) => Tensor,
): ((from: number, options: O) => Schedule) =>
  makeKind("schedule", {
    kind,
    options: { from: { type: "number" }, ...options },
    positional: ["from"],
    make: (own: Required<O> & { readonly from: number }) => ({
      ends: [own.from, last(own)],
      at: (step) => at(step, own),
    }),
  });

const rampRules = { to: { default: 0 }, steps: whole };

/**
 * The same value at every step.
 * @throws RangeError if the value is not a finite number
 * @example show(schedules.constant(0.1).at(t(1000))) // 0.1
 */
export const constant: (value: number) => Schedule = /* @__PURE__ */ makeKind("schedule", {
  kind: "constant",
  options: { value: { type: "number" } },
  positional: ["value"],
  make: ({ value }: { value: number }) => ({ ends: [value], at: () => constantTensor(value) }),
});

/**
 * A straight line from `from` to `to` over `steps` steps, then `to`.
 * @throws TypeError for an unknown option, RangeError if `steps` is not an integer of 1 or more
 * @example show(schedules.linear(1, { to: 0.2, steps: 10 }).at(t([0, 5, 20]))) // [1, 0.6, 0.2]
 */
export const linear: (from: number, options: RampOptions) => Schedule = /* @__PURE__ */ falling<RampOptions>(
  "linear",
  rampRules,
  ({ to }) => to,
  (step, { from, to, steps }) => mixed(to, progress(step, steps), from),
);

/**
 * Half a cosine from `from` to `to` over `steps` steps, then `to` (Loshchilov, Hutter 2017, eq. 5, without restarts).
 * @throws TypeError for an unknown option, RangeError if `steps` is not an integer of 1 or more
 * @example show(schedules.cosine(1, { steps: 10 }).at(t([0, 5, 20]))) // [1, 0.5, 0]
 */
export const cosine: (from: number, options: RampOptions) => Schedule = /* @__PURE__ */ falling<RampOptions>(
  "cosine",
  rampRules,
  ({ to }) => to,
  // (1 + cos(pi p)) / 2 as the square of a sine, which is 0 at the end and does not cancel before it.
  (step, { from, to, steps }) => mixed(from, square(sin(mul(sub(1, progress(step, steps)), Math.PI / 2))), to),
);

export interface ExponentialOptions {
  /** Factor in (0, 1] by which the value is multiplied every `steps` steps. */
  readonly decay: number;
  /** Steps after which the value has been multiplied by `decay`; default 1. */
  readonly steps?: number;
}

/**
 * Exponential decay: from decay^(step / steps).
 * @throws TypeError for an unknown option, RangeError if `decay` is not in (0, 1] or `steps` not an integer >= 1
 * @example show(schedules.exponential(1, { decay: 0.5, steps: 10 }).at(t([0, 10, 20]))) // [1, 0.5, 0.25]
 */
export const exponential: (from: number, options: ExponentialOptions) => Schedule =
  /* @__PURE__ */ falling<ExponentialOptions>(
    "exponential",
    { decay: { above: 0, atMost: 1 }, steps: { default: 1, ...whole } },
    ({ from, decay }) => (decay < 1 ? 0 : from),
    (step, { from, decay, steps }) => mul(exp(mul(step, portable.log(decay) / steps)), from),
  );

export interface InverseTimeOptions {
  /** Steps after which the value has fallen to half. */
  readonly steps: number;
}

/**
 * Inverse-time decay: from / (1 + step / steps).
 * @throws TypeError for an unknown option, RangeError if `steps` is not above 0
 * @example show(schedules.inverseTime(1, { steps: 10 }).at(t([0, 10, 30]))) // [1, 0.5, 0.25]
 */
export const inverseTime: (from: number, options: InverseTimeOptions) => Schedule =
  /* @__PURE__ */ falling<InverseTimeOptions>(
    "inverseTime",
    { steps: { above: 0 } },
    () => 0,
    (step, { from, steps }) => div(from, add(div(step, steps), 1)),
  );

/**
 * Linear warm-up over `steps` updates to the first value of `then`, whose step 0 follows: update i of the warm-up has
 * (i + 1) / steps of that value, so that no update has a rate of 0.
 * @param steps updates of the warm-up, 1 or more
 * @param then a number, or the schedule that follows
 * @throws RangeError if `steps` is not an integer of 1 or more, TypeError if `then` is not a schedule
 * @example show(schedules.warmUp(4, 1).at(t([0, 1, 3, 9]))) // [0.25, 0.5, 1, 1]
 */
export const warmUp: (steps: number, then: number | Schedule) => Schedule = /* @__PURE__ */ makeKind("schedule", {
  kind: "warmUp",
  options: { steps: whole, next: { part: "schedule", orNumber: true } },
  positional: ["steps", "next"],
  make({ steps, next }: { steps: number; next: number | Schedule }) {
    const then = scheduleOf(next, "warmUp");
    const { ends } = then;
    return {
      ...(ends && { ends: [ends[0] / steps, ...ends] }),
      at: (step) => mul(progress(add(step, 1), steps), then.at(maximum(add(step, -steps), 0))),
    };
  },
});

/**
 * Converts a number to a constant schedule and returns a schedule unchanged; the error message begins with `what`.
 * @throws TypeError for anything else
 * @example schedules.scheduleOf(0.1, "rate").config.kind // "constant"
 * @example schedules.scheduleOf("fast", "rate") // throws rate: the value must be a number or a schedule, found "fast"
 */
export function scheduleOf(value: number | Schedule, what: string): Schedule {
  if (typeof value === "number") return constant(value);
  if (typeof value === "object" && value !== null && typeof value.at === "function") return value;
  throw new TypeError(`${what}: the value must be a number or a schedule, found ${textOf(value)}`);
}
