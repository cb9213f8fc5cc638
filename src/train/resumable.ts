/** Validation of a checkpoint to resume from: it must be complete, with the same model, data, seed and batch size. */
import { BadFileError } from "../errors.js";
import type { Family } from "./family.js";
import { checkNumber, textOf } from "../options.js";
import type { Shape } from "../graph/shape.js";
import type { Variable } from "../graph/variable.js";
import { type Checkpoint, checkpointVersion } from "./checkpoint.js";
import { checkAlike } from "./data-description.js";

/** Arguments of the resumed training; seed and batch size default to the checkpoint's. */
export interface Asked {
  readonly steps: number;
  readonly batchSize: number | undefined;
  readonly seed: number | undefined;
  readonly shape: Shape;
  readonly range: Checkpoint["range"];
  readonly tokens?: Checkpoint["tokens"] | undefined;
  readonly table?: Checkpoint["table"] | undefined;
}

const what = "train: resume";

/** Throws TypeError if the value is not a checkpoint, RangeError if it does not match this training. */
export function checkResumable(
  resume: Checkpoint,
  { kind, classes }: Pick<Family, "kind" | "classes">,
  asked: Asked,
): void {
  checkForm(resume);
  const { version = 1, step, batchSize, seed, shape, range, tokens, table, config } = resume;
  if (version !== checkpointVersion)
    throw new RangeError(`${what}: the checkpoint must have version ${checkpointVersion}, found ${textOf(version)}`);
  if (config.kind !== kind)
    throw new RangeError(`${what}: the checkpoint's model must be ${textOf(kind)}, found ${textOf(config.kind)}`);
  if (config.classes !== classes)
    throw new RangeError(
      `${what}: the checkpoint's model must have ${classes ?? "no"} classes, found ${textOf(config.classes ?? "none")}`,
    );
  checkNumber(what, "the checkpoint's step", step, { whole: true, atLeast: 0, atMost: Number.MAX_SAFE_INTEGER });
  checkNumber(what, "the checkpoint's seed", seed, { whole: true, atLeast: 0, atMost: Number.MAX_SAFE_INTEGER });
  checkNumber(what, "the checkpoint's batchSize", batchSize, { whole: true, atLeast: 1 });
  for (const [name, own] of Object.entries({ seed, batchSize })) {
    const given = asked[name as "seed" | "batchSize"];
    if (given === undefined || given === own) continue;
    throw new RangeError(
      `${what}: the checkpoint's ${name} must be ${own}, found ${given}; leave ${name} out, or give the checkpoint's`,
    );
  }
  if (asked.steps < step)
    throw new RangeError(
      `${what}: steps must be >= ${step}, the checkpoint's step, found ${asked.steps}; it includes the steps before the checkpoint`,
    );
  checkAlike(what, "the checkpoint's", { shape, range, tokens, table }, asked);
}

const lost =
  "; JSON does not keep a Map; structured cloning does (serialize of node:v8, IndexedDB), and writeSafetensors makes a file of the tensors";

/** Throws TypeError if a part is missing or of another type, as after a round trip through JSON. */
function checkForm(resume: Checkpoint): void {
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isObject(resume)) throw new TypeError(`${what} must be a checkpoint, found ${textOf(resume)}`);
  const { tensors, history, shape, range, config } = resume;
  if (!(tensors instanceof Map)) {
    throw new TypeError(
      `${what}: the checkpoint's tensors must be a Map, found ${textOf(tensors)}${isObject(tensors) ? lost : ""}`,
    );
  }
  for (const [name, value] of tensors as ReadonlyMap<unknown, unknown>) {
    const { data, shape: own } = isObject(value) ? (value as { data?: unknown; shape?: unknown }) : {};
    if (!(ArrayBuffer.isView(data) && Array.isArray(own)))
      throw new TypeError(
        `${what}: the checkpoint's tensor ${name} must be { data: a typed array, shape }, found ${textOf(value)}`,
      );
  }
  if (
    !Array.isArray(history) ||
    !history.every((one) => isObject(one) && isObject((one as { losses?: unknown }).losses))
  )
    throw new TypeError(
      `${what}: the checkpoint's history must be an array of { step, losses }, found ${textOf(history)}`,
    );
  const { watch, recovery } = resume;
  if (watch !== undefined && !(isObject(watch) && Array.isArray(watch.recent) && Array.isArray(watch.alarms)))
    throw new TypeError(`${what}: the checkpoint's watch must be { recent, alarms }, found ${textOf(watch)}`);
  const numbers = isObject(recovery) ? [recovery.step, recovery.diverged, recovery.rate] : [Number.NaN];
  if (recovery !== undefined && !numbers.every(Number.isFinite))
    throw new TypeError(
      `${what}: the checkpoint's recovery must be { step, diverged, tensor, rate }, found ${textOf(recovery)}`,
    );
  for (const [name, part] of Object.entries({ shape, range, config }))
    if (!isObject(part)) throw new TypeError(`${what}: the checkpoint must have ${name}, found ${textOf(part)}`);
}

/**
 * Throws BadFileError if the checkpoint has values for which there is no variable: it belongs to another model or
 * optimizer.
 */
export function checkNoneLeft(variables: readonly Variable[], { tensors }: Checkpoint): void {
  const names = new Set(variables.map(({ name }) => name));
  const left = [...tensors.keys()].filter((name) => !names.has(name));
  if (left.length === 0) return;
  throw new BadFileError(
    `checkpoint: the model has no variable ${left[0]}${left.length > 1 ? `, and ${left.length - 1} more` : ""}`,
    {
      hint: "the checkpoint belongs to another model or optimizer",
    },
  );
}
