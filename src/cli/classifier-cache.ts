/**
 * Classifiers kept between commands, because training one takes a minute: files in the user's cache folder, one per network
 * and data. They are trained with `deterministic: true`, so that every computer gets the same weights, and `weightHash` says
 * so. A file that is missing, damaged or of another version is made again.
 *
 *     $GENLOOM_CACHE, or $XDG_CACHE_HOME/genloom, or the cache folder of the system
 *         classifier-pooled-0123456789abcdef.safetensors
 *
 * The metadata of a file: `genloom` (format and version), `classifier` (a ClassifierDescription), `weightHash`.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { makeFolder, writeSafely } from "../data/formats/safe-file.js";
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.js";
import type { Dataset } from "../data/training-data.js";
import { bytesOf } from "../graph/values.js";
import type { Runtime } from "../host/runtime.js";
import {
  type Classifier,
  type ClassifierDescription,
  type ClassifierOptions,
  restoreClassifier,
  trainClassifier,
} from "../metrics/classifier.js";
import { sha256OfAll } from "../numbers/sha256.js";
import { packageVersion } from "../train/package-version.js";
import type { HostOptions } from "./options.js";
import { fingerprint } from "./run-data.js";
import { startRuntime } from "./start-runtime.js";
import type { Terminal } from "./terminal.js";

/** Version of the networks and of their training: another one makes all files again. */
const version = 1;

const format = JSON.stringify({ format: "genloom-classifier", version });

/** The user's cache folder. */
export function cacheFolder(environment = process.env, platform = process.platform): string {
  const { GENLOOM_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (GENLOOM_CACHE) return GENLOOM_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "genloom");
  if (platform === "win32") return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "genloom", "cache");
  return join(homedir(), ...(platform === "darwin" ? ["Library", "Caches"] : [".cache"]), "genloom");
}

/** What a classifier is made from. */
export interface ClassifierWish {
  readonly network: ClassifierDescription["network"];
  readonly seed: number;
  /** Labelled images in [-1, 1]. */
  readonly data: Dataset;
  /** What it is for, in messages. */
  readonly purpose: string;
}

export interface CachedClassifier {
  readonly classifier: Classifier;
  /** Path of its file; absent if it could not be written. */
  readonly file?: string;
}

/** The classifier of a network and data, from its file or trained now. */
export async function cachedClassifier(
  runtime: Runtime,
  wish: ClassifierWish,
  { host, terminal }: { readonly host: HostOptions; readonly terminal: Terminal },
): Promise<CachedClassifier> {
  const folder = cacheFolder();
  const file = join(folder, `classifier-${wish.network}-${(await keyOf(wish)).slice(0, 16)}.safetensors`);
  // Of the same data with other names of classes, the file is the same.
  const { classNames } = wish.data;
  const named = (classifier: Classifier) => (classNames ? { ...classifier, classNames } : classifier);
  const kept = await readFile(file).then(
    (bytes) => stored(runtime, bytes),
    () => undefined,
  );
  if (kept) return { classifier: named(kept), file };
  const { description, tensors, weightHash } = await trained(wish, { host, terminal });
  const metadata = { genloom: format, classifier: JSON.stringify(description), weightHash };
  const written = await makeFolder(folder)
    .then(() => writeSafely(file, writeSafetensors(tensors, metadata)))
    .then(
      () => true,
      (error: Error) => {
        terminal.message(`the classifier is not kept for the next time: ${error.message}`);
        return false;
      },
    );
  const classifier = named(await restoreClassifier(runtime, description, tensors));
  return { classifier, ...(written && { file }) };
}

/** All that determines the weights. */
async function keyOf({ network, seed, data }: ClassifierWish): Promise<string> {
  const { scale, shift, classes, labels } = data;
  const text = JSON.stringify({ version, packageVersion, network, seed, scale, shift, classes });
  const records = await fingerprint(data);
  return sha256OfAll([new TextEncoder().encode(`${text}${records}`), bytesOf(labels ?? new Int32Array(0))]);
}

/** The classifier of a file; undefined if the file is not whole, or of another version. */
async function stored(runtime: Runtime, bytes: Uint8Array): Promise<Classifier | undefined> {
  try {
    const { tensors, metadata } = readSafetensors(new Uint8Array(bytes), "classifier");
    if (metadata.genloom !== format) return undefined;
    const made = await restoreClassifier(runtime, JSON.parse(metadata.classifier) as ClassifierDescription, tensors);
    if (made.weightHash === metadata.weightHash) return made;
    made.release();
    return undefined;
  } catch {
    return undefined;
  }
}

/** Trains a classifier in a runtime of its own, whose bits are the same everywhere. */
async function trained(
  { network, seed, data, purpose }: ClassifierWish,
  { host, terminal }: { readonly host: HostOptions; readonly terminal: Terminal },
) {
  terminal.message(`training a classifier ${purpose}, once for these data (${network})`);
  const own = await startRuntime({ threads: host.threads, deterministic: true, wide: "off" });
  try {
    const onProgress: ClassifierOptions["onProgress"] = ({ step, steps }) => {
      if (terminal.interactive) terminal.status(step < steps ? `classifier ${step}/${steps}` : "");
    };
    const { tensors, weightHash, ...made } = await trainClassifier(own, data, { network, seed, onProgress });
    const { shape, classes, steps, accuracy, heldOut } = made;
    terminal.message(`its accuracy is ${accuracy.toFixed(4)} on ${heldOut} held-out records`);
    const description: ClassifierDescription = { network, shape, classes, seed, steps, accuracy, heldOut };
    return { description, tensors, weightHash };
  } finally {
    await own.close();
  }
}
