/** What an evaluation says of a model of tokens with latents: how much these tell of held-out records. */
import type { TokenLists } from "../data/token-lists.js";
import { type AbleTo, can } from "../models/abilities.js";
import type { TrainedModel } from "../train/trained.js";

/** Tokens of records that are encoded, at most: some seconds of a decoder that reads the record. */
const mostTokens = 100_000;

/** Records of `length` tokens: sequences with their ends, or the windows of sequences that follow each other without overlap. */
function recordsOf(sequences: TokenLists, length: number, ended: boolean): Float32Array {
  const most = Math.max(1, Math.floor(mostTokens / length));
  const records: ArrayLike<number>[] = [];
  for (const one of sequences) {
    const all = Array.from(one);
    if (ended && all.length < length) records.push([...all, ...new Array<number>(length - all.length).fill(0)]);
    for (let start = 0; !ended && start + length <= all.length; start += length)
      records.push(all.slice(start, start + length));
    if (records.length >= most) break;
  }
  const some = records.slice(0, most);
  const rows = new Float32Array(some.length * length);
  some.forEach((record, i) => {
    rows.set(record, i * length);
  });
  return rows;
}

/**
 * `reconstructed`: the share of held-out records that their reconstruction, the most likely tokens for the mean of their
 * posterior, equals in every token. `divergence`: the mean of KL(q(z | x) || p(z)) over them, in nats. Nothing for models that have
 * no posterior, or are conditional, as held-out sequences come without classes.
 */
export async function codesOf(
  model: TrainedModel,
  sequences: TokenLists,
  ended: boolean,
): Promise<Readonly<Record<string, number>>> {
  if (!can(model, "reconstruct") || !can(model, "encode") || model.family.classes !== undefined) return {};
  const [length] = model.shape;
  const records = recordsOf(sequences, length, ended);
  if (records.length === 0) return {};
  const { data: found } = await model.reconstruct(records);
  return { reconstructed: equalRows(found, records, length), divergence: await divergenceOf(model, records) };
}

/** Share of the rows [n, length] of both that are equal. */
function equalRows(a: ArrayLike<number>, b: ArrayLike<number>, length: number): number {
  const rows = a.length / length;
  let equal = 0;
  for (let row = 0; row < rows; row++) {
    let at = 0;
    while (at < length && a[row * length + at] === b[row * length + at]) at++;
    if (at === length) equal++;
  }
  return equal / rows;
}

async function divergenceOf(model: AbleTo["encode"], records: Float32Array): Promise<number> {
  const { kl } = await model.latentUse(records);
  return kl.reduce((sum, one) => sum + one, 0);
}
