/**
 * Schedules: numbers that change with the step, as plain values. The step is the number of previous updates, so the first
 * update has step 0, as in PyTorch.
 */
import { constant as constantTensor } from "../ops/constant.js";
import { add, cos, div, exp, maximum, minimum, mul } from "../ops/elementwise.js";
import { checkNumber, checkOptions, described, kindOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";

export type ScheduleConfig = { readonly kind: string; readonly [option: string]: unknown };

export interface Schedule {
  /** JSON description, for `scheduleFrom`. */
  readonly config: ScheduleConfig;
  /** The value, a scalar, after `step` updates (a scalar >= 0). */
  at(step: Tensor): Tensor;
}

export interface RampOptions {
  /** Final value, from step `steps` on; default 0. */
  readonly to?: number;
  /** Steps from the first value to the last. */
  readonly steps: number;
}

const whole = { atLeast: 1, whole: true } as const;

/** Progress of a ramp, in [0, 1]. */
const progress = (step: Tensor, steps: number) => minimum(mul(step, 1 / steps), 1);

function checkRamp(kind: string, from: number, options: RampOptions): Required<RampOptions> {
  checkOptions(kind, options, ["to", "steps"]);
  const { to = 0, steps } = options;
  checkNumber(kind, "from", from, {});
  checkNumber(kind, "to", to, {});
  checkNumber(kind, "steps", steps, whole);
  return { to, steps };
}

/**
 * The same value at every step.
 * @throws RangeError if the value is not a finite number
 * @example show(schedules.constant(0.1).at(t(1000))) // 0.1
 */
export function constant(value: number): Schedule {
  checkNumber("constant", "value", value, {});
  return { config: { kind: "constant", value }, at: () => constantTensor(value) };
}

/**
 * A straight line from `from` to `to` over `steps` steps, then `to`.
 * @throws TypeError for an unknown option, RangeError if `steps` is not a whole number of 1 or more
 * @example show(schedules.linear(1, { to: 0.2, steps: 10 }).at(t([0, 5, 20]))) // [1, 0.6, 0.2]
 */
export function linear(from: number, options: RampOptions): Schedule {
  const { to, steps } = checkRamp("linear", from, options);
  return {
    config: { kind: "linear", from, to, steps },
    at: (step) => add(mul(progress(step, steps), to - from), from),
  };
}

/**
 * Half a cosine from `from` to `to` over `steps` steps, then `to` (Loshchilov, Hutter 2017, eq. 5, without restarts).
 * @throws TypeError for an unknown option, RangeError if `steps` is not a whole number of 1 or more
 * @example show(schedules.cosine(1, { steps: 10 }).at(t([0, 5, 20]))) // [1, 0.5, 0]
 */
export function cosine(from: number, options: RampOptions): Schedule {
  const { to, steps } = checkRamp("cosine", from, options);
  return {
    config: { kind: "cosine", from, to, steps },
    at: (step) => add(mul(cos(mul(progress(step, steps), Math.PI)), (from - to) / 2), (from + to) / 2),
  };
}

export interface ExponentialOptions {
  /** Factor in (0, 1] by which the value is multiplied every `steps` steps. */
  readonly decay: number;
  /** Steps after which the value has been multiplied by `decay`; default 1. */
  readonly steps?: number;
}

/**
 * Exponential decay: from decay^(step / steps).
 * @throws TypeError for an unknown option, RangeError if `decay` is not in (0, 1] or `steps` not a whole number >= 1
 * @example show(schedules.exponential(1, { decay: 0.5, steps: 10 }).at(t([0, 10, 20]))) // [1, 0.5, 0.25]
 */
export function exponential(from: number, options: ExponentialOptions): Schedule {
  checkOptions("exponential", options, ["decay", "steps"]);
  const { decay, steps = 1 } = options;
  checkNumber("exponential", "from", from, {});
  checkNumber("exponential", "decay", decay, { above: 0, atMost: 1 });
  checkNumber("exponential", "steps", steps, whole);
  return {
    config: { kind: "exponential", from, decay, steps },
    at: (step) => mul(exp(mul(step, Math.log(decay) / steps)), from),
  };
}

export interface InverseTimeOptions {
  /** Steps after which the value has fallen to half. */
  readonly steps: number;
}

/**
 * Inverse-time decay: from / (1 + step / steps).
 * @throws TypeError for an unknown option, RangeError if `steps` is not above 0
 * @example show(schedules.inverseTime(1, { steps: 10 }).at(t([0, 10, 30]))) // [1, 0.5, 0.25]
 */
export function inverseTime(from: number, options: InverseTimeOptions): Schedule {
  checkOptions("inverseTime", options, ["steps"]);
  const { steps } = options;
  checkNumber("inverseTime", "from", from, {});
  checkNumber("inverseTime", "steps", steps, { above: 0 });
  return {
    config: { kind: "inverseTime", from, steps },
    at: (step) => div(from, add(mul(step, 1 / steps), 1)),
  };
}

/**
 * Linear warm-up over `steps` updates to the first value of `then`, whose step 0 follows: update i of the warm-up has
 * (i + 1) / steps of that value, so that no update has a rate of 0.
 * @param steps updates of the warm-up, 1 or more
 * @param then a number, or the schedule that follows
 * @throws RangeError if `steps` is not a whole number of 1 or more, TypeError if `then` is not a schedule
 * @example show(schedules.warmUp(4, 1).at(t([0, 1, 3, 9]))) // [0.25, 0.5, 1, 1]
 */
export function warmUp(steps: number, then: number | Schedule): Schedule {
  checkNumber("warmUp", "steps", steps, whole);
  const next = scheduleOf(then, "warmUp");
  return {
    config: { kind: "warmUp", steps, next: next.config },
    at: (step) => mul(minimum(mul(add(step, 1), 1 / steps), 1), next.at(maximum(add(step, -steps), 0))),
  };
}

const makers: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Schedule>> = {
  constant: ({ value, ...rest }) => {
    checkOptions("constant", rest, []);
    return constant(value as number);
  },
  linear: ({ from, ...options }) => linear(from as number, options as unknown as RampOptions),
  cosine: ({ from, ...options }) => cosine(from as number, options as unknown as RampOptions),
  exponential: ({ from, ...options }) => exponential(from as number, options as unknown as ExponentialOptions),
  inverseTime: ({ from, ...options }) => inverseTime(from as number, options as unknown as InverseTimeOptions),
  warmUp: ({ steps, next, ...rest }) => {
    checkOptions("warmUp", rest, []);
    return warmUp(steps as number, scheduleFrom(next as ScheduleConfig));
  },
};

/** Kinds that `scheduleFrom` knows. @example schedules.scheduleKinds.includes("cosine") // true */
export const scheduleKinds: readonly string[] = Object.keys(makers);

/**
 * A schedule from its description: `scheduleFrom(schedule.config)` is an equal schedule.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example show(schedules.scheduleFrom({ kind: "linear", from: 1, to: 0, steps: 4 }).at(t(1))) // 0.75
 */
export function scheduleFrom(config: ScheduleConfig): Schedule {
  const { kind, ...options } = described("scheduleFrom", config);
  return kindOf("scheduleFrom", makers, kind)(options);
}

/**
 * Converts a number to a constant schedule and returns a schedule unchanged; the error message begins with `what`.
 * @throws TypeError for anything else
 * @example schedules.scheduleOf(0.1, "rate").config.kind // "constant"
 * @example schedules.scheduleOf("fast", "rate") // throws rate: a number or a schedule is needed, found "fast"
 */
export function scheduleOf(value: number | Schedule, what: string): Schedule {
  if (typeof value === "number") return constant(value);
  if (typeof value === "object" && value !== null && typeof value.at === "function") return value;
  throw new TypeError(`${what}: a number or a schedule is needed, found ${JSON.stringify(value) ?? typeof value}`);
}
