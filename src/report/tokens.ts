/** Report part of models of tokens: samples as their domain shows them. */
import { domainOf } from "../domains/index.js";
import { textsOf } from "../domains/texts.js";
import type { TrainedModel } from "../train/trained.js";
import type { ReportPart } from "./page.js";

/** Samples that a report shows. */
const shown = 16;

/** Samples as texts, drawings or music; nothing if the records are not tokens with a codec. */
export async function tokenParts(model: TrainedModel): Promise<ReportPart[]> {
  const { tokens } = model.data;
  const domain = await domainOf(tokens?.codec);
  if (!tokens || !domain) return [];
  const { data } = await model.sample(shown, { untrained: true });
  const texts = textsOf(tokens, data, model.shape[0]);
  return texts ? [{ title: "Samples", html: await domain.html(texts) }] : [];
}

/** Samples of a preview: a picture if the domain draws one, otherwise texts. */
export interface TokenPreview {
  readonly png?: Uint8Array;
  readonly text: string;
}

/** Samples of a preview. */
const previewed = 8;

/** A preview of a model of tokens; undefined if its records are not tokens with a codec. */
export async function tokenPreview(model: TrainedModel): Promise<TokenPreview | undefined> {
  const { tokens } = model.data;
  if (!tokens?.codec) return undefined;
  const domain = await domainOf(tokens.codec);
  const { data } = await model.sample(previewed, { untrained: true });
  const texts = textsOf(tokens, data, model.shape[0]);
  if (!texts) return undefined;
  const drawn = await domain?.writers.png?.(texts);
  const text = `${texts.texts.join(texts.codec.ended ? "\n" : "\n\n")}\n`;
  return drawn instanceof Uint8Array ? { png: drawn, text } : { text };
}
