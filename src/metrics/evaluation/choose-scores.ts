/** The choice of scores: those that were named, or the usual ones, as far as the data and the model allow them. */
import { UsageError } from "../../errors.js";
import { meant, textOf } from "../../options.js";
import { type ScoreName, type ScoreRow, scoreNames, scoreTable } from "./scores.js";

/** What there is to compute scores from. */
export interface Situation {
  /** Whether the records are images [height, width, channels]. */
  readonly images: boolean;
  /** Whether there is a classifier of the data's classes. */
  readonly classifier: boolean;
  /** Whether the model samples classes that are asked for. */
  readonly conditional: boolean;
  /** What the classifier is, in words, if it does not know the classes of the model. */
  readonly otherJudge?: string | undefined;
  readonly samples: number;
  readonly training: number;
  readonly heldOut: number;
  /** Whether the model was not trained on the held-out records. */
  readonly unseen: boolean;
  /** Number of features of a record. */
  readonly size: number;
}

/** A score that cannot be computed, and why. */
export interface Lacking {
  readonly name: ScoreName;
  /** What it needs, and what was found. */
  readonly why: string;
  /** What can be done. */
  readonly hint: string;
}

export interface Chosen {
  readonly names: readonly ScoreName[];
  /** Scores that nobody named and that cannot be computed. */
  readonly lacking: readonly Lacking[];
}

/**
 * Returns the names of scores, checked; all names of the table if one of them is `all`.
 * Throws RangeError for an unknown name, with the list.
 */
export function checkedNames(asked: readonly string[]): readonly ScoreName[] {
  for (const name of asked) {
    if (name === "all" || isScore(name)) continue;
    throw new RangeError(
      `evaluate: unknown metric ${textOf(name)}; ${meant(name, scoreNames)}known metrics: ${scoreNames.join(", ")}, all`,
    );
  }
  return asked.includes("all") ? scoreNames : [...new Set(asked as readonly ScoreName[])];
}

const isScore = (name: string): name is ScoreName => Object.hasOwn(scoreTable, name);

/** Whether one of the scores that may be chosen needs features. */
export const needFeatures = (asked: readonly string[] | undefined): boolean =>
  candidates(asked).some((name) => scoreTable[name].needs === "features");

/** Whether one of the scores that may be chosen needs a classifier. */
export const needClassifier = (asked: readonly string[] | undefined): boolean =>
  candidates(asked).some((name) => ["classifier", "conditions"].includes(scoreTable[name].needs));

const candidates = (asked: readonly string[] | undefined): readonly ScoreName[] =>
  asked === undefined ? scoreNames.filter((name) => scoreTable[name].usual) : checkedNames(asked);

/** Chooses scores. Throws RangeError for an unknown name, UsageError if a score that was named cannot be computed. */
export function chooseScores(asked: readonly string[] | undefined, situation: Situation): Chosen {
  const named = asked !== undefined && !asked.includes("all");
  const found = candidates(asked).map((name) => ({ name, lack: lackOf(name, scoreTable[name], situation) }));
  const lacking = found.flatMap(({ name, lack }) => (lack ? [{ name, ...lack }] : []));
  if (named && lacking.length > 0) {
    const [{ name, why, hint }] = lacking;
    throw new UsageError(`evaluate: ${name} ${why}`, { hint });
  }
  return { names: found.filter(({ lack }) => !lack).map(({ name }) => name), lacking };
}

function lackOf(name: ScoreName, row: ScoreRow, situation: Situation): Omit<Lacking, "name"> | undefined {
  const { needs, fewest = () => 1 } = row;
  const classified = needs === "classifier" || needs === "conditions";
  if ((needs === "images" || classified) && !situation.images)
    return {
      why: `${classified ? "needs a classifier, which " : ""}must have images [height, width, channels], found other records`,
      hint: `leave out ${name}`,
    };
  if (classified && !situation.classifier)
    return {
      why: "must have a classifier, found none",
      hint: "give labelled data of the same kind: --features-from SOURCE, or the option classifier",
    };
  if (needs === "conditions" && !situation.conditional)
    return {
      why: "must have a model that was trained with classes, found one without",
      hint: "train with --conditional",
    };
  if (row.unseen && !situation.unseen)
    return {
      why: "needs records that the model was not trained on, and there are none",
      hint: "give others by --on SOURCE or the option heldOut (of features: a third file), or train with --held-out",
    };
  if (needs === "conditions" && situation.otherJudge !== undefined)
    return {
      why: `must have a classifier of the model's classes, found ${situation.otherJudge}`,
      hint: "train it on data with these classes: those of --features-from, or of the option classifier",
    };
  const least = fewest(situation.size);
  const of = needs === "features" ? ` (for features of ${situation.size} numbers)` : "";
  for (const [what, hint] of [
    ["samples", "draw more of them"],
    ["training", "more training data are needed"],
    ["heldOut", "give more held-out records: --on SOURCE, or train with --held-out"],
  ] as const) {
    const words = { samples: "samples", training: "training records", heldOut: "held-out records" }[what];
    if (situation[what] < least)
      return { why: `must have at least ${least} ${words}${of}, found ${situation[what]}`, hint };
  }
  return undefined;
}
