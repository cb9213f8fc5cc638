/** Loading saved models: of any family, without its architecture, from bytes or from a place where they lie. */
import { BadFileError, HostError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";
import { UnknownKindError } from "../kinds/registry.js";
import { checkOptions, textOf } from "../options.js";
import type { Family } from "../train/family.js";
import type { FamilyConfig, FamilyKind } from "../train/family-config.js";
import { restoreModel } from "../train/restore.js";
import { readModel } from "../train/saved-model.js";
import type { TrainedModel } from "../train/trained.js";
import { familyFrom } from "./index.js";
import type { TrainedRbm } from "./rbm/trained-rbm.js";
import type { TrainedSequence } from "./sequence/trained-sequence.js";
import type { TrainedVae } from "./vae/trained-vae.js";
import type { WebBlob, WebResponse, WebUrl } from "../web-types.js";

/**
 * A saved model: its bytes, a file of a page (`Blob`), the answer of a server, an address, or a path, also that of a run
 * folder, whose newest checkpoint is meant.
 */
export type SavedSource = Uint8Array | ArrayBuffer | WebBlob | WebResponse | WebUrl | string;

/** Trained models by family. */
export interface TrainedByKind {
  gan: TrainedModel;
  vae: TrainedVae;
  rbm: TrainedRbm;
  sequence: TrainedSequence;
}

export interface LoadOptions<K extends FamilyKind = FamilyKind> {
  /** The family that the model must have; its type is then known. */
  readonly kind?: K;
}

/** The model that a file describes. Throws BadFileError that begins with the file's name if it cannot be built. */
export function savedFamily(config: FamilyConfig, file: string, unknownKindHint: string): Family {
  try {
    return familyFrom(config);
  } catch (cause) {
    throw new BadFileError(`${file}: its model cannot be built: ${cause instanceof Error ? cause.message : cause}`, {
      code: "ERR_FILE_CORRUPT",
      hint:
        cause instanceof UnknownKindError
          ? unknownKindHint
          : "the file is from another version of genloom, or was edited by hand",
      cause,
    });
  }
}

/**
 * Loads a model that `save` wrote, or a checkpoint of a run folder: any family, with kinds of your own if `defineKind` was
 * called before. If it fails, nothing in the runtime has changed.
 * @param runtime where its values are put
 * @param source bytes, `Blob`, `Response`, address, or path
 * @param options `kind`: the family that it must have
 * @returns the trained model, which samples with the same bits as the one that was saved, and can be trained on
 * @throws TypeError if the source is none of these; BadFileError if it cannot be read, is damaged, no saved model, of a
 *   newer version, or of another family; OutOfMemoryError if the runtime has no room (all as rejections)
 * @example await (async ({ model, done }) => { await done; return (await load(runtime, await model.save(), { kind: "vae" })).shape; })(tinyVae.train(runtime, datasets.moons({ count: 100 }), { steps: 1 })) // [2]
 * @example load(runtime, new Uint8Array(0)) // throws saved model: empty file (0 bytes)
 */
export async function load<K extends FamilyKind = "gan">(
  runtime: Runtime,
  source: SavedSource | Promise<SavedSource>,
  options: LoadOptions<K> = {},
): Promise<TrainedByKind[K]> {
  if (typeof runtime?.compile !== "function")
    throw new TypeError(`load: the first argument must be a runtime, from createRuntime(), found ${textOf(runtime)}`);
  checkOptions("load", options, ["kind"]);
  const { bytes, name } = await bytesOf(runtime, await source);
  const saved = await readModel(bytes, name);
  const family = savedFamily(saved.config, name, "call defineKind(…) of your own kinds before load");
  if (options.kind !== undefined && options.kind !== family.kind)
    throw new BadFileError(`${name}: the model must be of kind ${textOf(options.kind)}, found ${textOf(family.kind)}`, {
      code: "ERR_FILE_FORMAT",
      hint: `load(runtime, source, { kind: "${family.kind}" })`,
    });
  return (await restoreModel(family, runtime, saved, name)) as TrainedByKind[K];
}

interface Named {
  readonly bytes: Uint8Array;
  readonly name: string;
}

const bytesOfView = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
/** Also one of another frame of a page. */
const isBuffer = (value: unknown): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === "[object ArrayBuffer]";
const isResponse = (value: object): value is Response => "arrayBuffer" in value && "status" in value;
const isBlob = (value: object): value is Blob => "arrayBuffer" in value && "size" in value;

/** The bytes of a source, and its name for messages. */
async function bytesOf(runtime: Runtime, source: SavedSource): Promise<Named> {
  const name = "saved model";
  // Copied out of shared memory, which texts are not decoded from.
  if (ArrayBuffer.isView(source))
    return { bytes: isBuffer(source.buffer) ? bytesOfView(source) : bytesOfView(source).slice(), name };
  if (isBuffer(source)) return { bytes: new Uint8Array(source), name };
  if (typeof source === "string" || source instanceof URL) return located(runtime, source);
  if (typeof source === "object" && source !== null) {
    if (isResponse(source)) return answered(source, source.url || "the response");
    if (isBlob(source)) {
      const name = (source as Blob & { readonly name?: string }).name || "the blob";
      return { bytes: await received(name, () => source.arrayBuffer()), name };
    }
  }
  throw new TypeError(
    `load: source must be a Uint8Array, ArrayBuffer, Blob, Response, URL or path, found ${textOf(source)}`,
  );
}

/** What is fetched; everything else is a path. */
const fetched = /^(https?|blob|data):/i;

async function located(runtime: Runtime, source: string | URL): Promise<Named> {
  const name = String(source);
  const page = (globalThis as { location?: { href: string } }).location?.href;
  if (!fetched.test(name) && runtime.readSaved)
    return { bytes: await runtime.readSaved(/^file:/i.test(name) ? new URL(name) : name), name };
  if (!fetched.test(name) && page === undefined)
    throw new HostError(`load: ${name}: this host has no files`, {
      hint: "fetch the file, or import it, and give its bytes",
    });
  const response = await received(name, () => fetch(new URL(name, page)));
  return answered(response, name);
}

async function answered(response: Response, name: string): Promise<Named> {
  if (!response.ok)
    throw new BadFileError(`${name}: the server answered ${response.status} ${response.statusText}`.trimEnd(), {
      code: response.status === 404 ? "ERR_FILE_NOT_FOUND" : "ERR_FILE_UNREADABLE",
      hint: "check the address",
    });
  return { bytes: await received(name, () => response.arrayBuffer()), name };
}

/** What a function gets from a network or a disk; bytes if that is a buffer. */
async function received(name: string, get: () => Promise<ArrayBuffer>): Promise<Uint8Array>;
async function received<T>(name: string, get: () => Promise<T>): Promise<T>;
async function received(name: string, get: () => Promise<unknown>): Promise<unknown> {
  try {
    const found = await get();
    return found instanceof ArrayBuffer ? new Uint8Array(found) : found;
  } catch (cause) {
    throw new BadFileError(`${name}: cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      code: "ERR_FILE_UNREADABLE",
      hint: "check the address and the connection; a body can be read only once",
      cause,
    });
  }
}
