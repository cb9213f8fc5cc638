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
