/** Samples of tokens as texts, and as the files of their domain. */
import { join } from "node:path";
import type { Domain, Texts } from "../domains/domain.js";
import { domainOf } from "../domains/index.js";
import { textsOf } from "../domains/texts.js";
import { makeFolder, writeSafely } from "../data/formats/safe-file.js";
import { UsageError } from "../errors.js";
import type { TrainedModel } from "../train/trained.js";

/** Samples as texts, and the domain that writes them. */
export interface SampledTexts {
  readonly texts: Texts;
  readonly domain: Domain | undefined;
}

/** The texts of samples [n, length] of a model; undefined if its records are not tokens with a codec. */
export async function sampledTexts(
  { data }: TrainedModel,
  values: Float32Array,
  length: number,
): Promise<SampledTexts | undefined> {
  const texts = data.tokens && textsOf(data.tokens, values, length);
  return texts && { texts, domain: await domainOf(data.tokens?.codec) };
}

/**
 * Writes samples to a file of the domain; if its format has a file per sample, into a folder of this name without the ending.
 * @throws UsageError if the domain does not write such files
 */
export async function writeTexts({ texts, domain }: SampledTexts, out: string, ending: string): Promise<string> {
  const write = domain?.writers[ending];
  if (!write) {
    const known = ["npy", "csv", ...Object.keys(domain?.writers ?? {})].map((name) => `.${name}`);
    throw new UsageError(`sample: --out must end in ${known.join(", ")} for these data, found ${out}`, {
      hint: "other data have other files",
    });
  }
  const written = await write(texts);
  if (!(written instanceof Map)) {
    await writeSafely(out, written as string | Uint8Array);
    return out;
  }
  const folder = out.slice(0, -ending.length - 1);
  await makeFolder(folder);
  for (const [name, content] of written) await writeSafely(join(folder, name), content);
  return folder;
}
