/** Scores of one side against another, with floors: the numbers of an evaluation, whatever the sides come from. */
import type { Runtime } from "../../host/runtime.js";
import type { Side } from "./side.js";
import { type ScoreName, type ScoreRow, type ScoreValues, type Scoring, scoreTable } from "./scores.js";

/** How many records and samples a score was computed from. */
export interface ScoreCounts {
  readonly samples: number;
  /** Training records that the samples were compared with. */
  readonly training?: number;
  /** Held-out records of the floor. */
  readonly heldOut: number;
}

/** Scores with their floors. */
export interface Evaluation {
  /** Scores by name, and numbers that belong to them. */
  readonly metrics: ScoreValues;
  /** The score of held-out records in the place of the samples, by the score's name. */
  readonly floors: Readonly<Record<string, number>>;
  /** Score divided by floor, if both are above 0, and the floor is not 0 but for chance. */
  readonly multiples: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, ScoreCounts>>;
}

/** What does not change between evaluations of a training. */
export interface Comparison {
  readonly runtime: Runtime;
  readonly seed: number;
  /** Number of classes that the classifier knows; 0 without one. */
  readonly classes: number;
  /** Training records. */
  readonly reference: Side;
  /** Held-out records, at most as many as there are samples. */
  readonly heldOut: Side;
}

/** The samples of a model. */
export interface Sampled {
  readonly samples: Side;
  /** Samples of classes that were asked for. */
  readonly asked?: Side | undefined;
}

/** One side of scores: samples, or held-out records in their place. */
interface Scored {
  readonly side: Side;
  readonly asked: Side | undefined;
}

/** A function that gives a score what it is computed from; undefined if there is no such side. */
function scoringOf(comparison: Comparison, { side: own, asked }: Scored): (name: ScoreName) => Scoring | undefined {
  const made = new Map<string, Promise<unknown>>();
  const shared: Scoring["shared"] = <T>(name: string, make: () => Promise<T>) => {
    const found = made.get(name) ?? make();
    made.set(name, found);
    return found as Promise<T>;
  };
  return (name) => {
    const side = scoreTable[name].needs === "conditions" ? asked : own;
    return side && { ...comparison, side, shared };
  };
}

/** Floors by the scores' names. */
export type Floors = Readonly<Record<string, number>>;

/** The floors of scores: those of held-out records in the place of the samples. */
export async function floorsOf(names: readonly ScoreName[], comparison: Comparison): Promise<Floors> {
  const { heldOut } = comparison;
  const scoring = scoringOf(comparison, { side: heldOut, asked: heldOut.labels && heldOut });
  const floors: Record<string, number> = {};
  for (const name of names) {
    const of = scoring(name);
    if (of && !scoreTable[name].floors) floors[name] = (await scoreTable[name].compute(of))[name] as number;
  }
  return floors;
}

/** The scores of samples, with given floors. */
export async function compare(
  names: readonly ScoreName[],
  comparison: Comparison,
  { samples, asked }: Sampled,
  given: Floors,
): Promise<Evaluation> {
  const scoring = scoringOf(comparison, { side: samples, asked });
  const metrics: Record<string, number | readonly number[]> = {};
  const floors: Record<string, number> = { ...given };
  const counts: Record<string, ScoreCounts> = {};
  for (const name of names) {
    const of = scoring(name);
    if (!of) continue;
    const row = scoreTable[name];
    Object.assign(metrics, await row.compute(of));
    Object.assign(floors, await row.floors?.(of));
    const training = row.needs === "features" ? { training: comparison.reference.count } : {};
    counts[name] = { samples: of.side.count, ...training, heldOut: comparison.heldOut.count };
  }
  return { metrics, floors, multiples: multiplesOf(metrics, floors), counts };
}

const rowOf = (name: string): ScoreRow | undefined => scoreTable[name as ScoreName];

/** Scores divided by their floors. */
function multiplesOf(metrics: ScoreValues, floors: Floors): Record<string, number> {
  const found = Object.keys(floors).map((name) => [name, metrics[name] as number, floors[name]] as const);
  return Object.fromEntries(
    found.flatMap(([name, score, floor]) =>
      score > 0 && floor > 0 && !rowOf(name)?.unbiased ? [[name, score / floor]] : [],
    ),
  );
}
