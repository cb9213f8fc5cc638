/**
 * How a training goes on after a divergence, if it is asked to: once, from an earlier step, with other random numbers.
 * Steps are functions of seed and step, so with the same random numbers and the same learning rate it would diverge again
 * at the same step.
 */
import { bits } from "../numbers/philox.js";
import { recoveryStream } from "../numbers/streams.js";

/** What a training does if a value is not finite. */
export const onDivergence = ["stop", "retry", "half-rate"] as const;
export type OnDivergence = (typeof onDivergence)[number];

/** Steps between two copies that a training can return to. */
export const returnEvery = 250;

/** The divergence that a training has gone on after. */
export interface Recovery {
  /** Completed steps of the copy to which it returned. */
  readonly step: number;
  /** Number of the step that was not finite, from 1 on. */
  readonly diverged: number;
  /** The first tensor that was not finite. */
  readonly tensor: string;
  /** Factor of all learning rates since then. */
  readonly rate: number;
}

/** The seed of the random numbers of steps: the training's, or another one that follows from it after a divergence. */
export function stepSeed(seed: number, recovery: Recovery | undefined): number {
  if (!recovery) return seed;
  const [low, high] = bits(2, { seed, step: recovery.step, stream: recoveryStream });
  return (high >>> 11) * 2 ** 32 + low;
}

/** What a training says when it goes on. */
export const recoveryNote = ({ step, diverged, tensor, rate }: Recovery) =>
  `training diverged at step ${diverged}: ${tensor} is not finite; back to step ${step}, with other random numbers${rate < 1 ? " and half the learning rate" : ""}; a second divergence ends the training`;
