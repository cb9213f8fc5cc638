/** All domains of sequences, by the kind of their codec; each is loaded when it is used. */
import type { CodecConfig } from "../data/codecs/codec.js";
import type { Domain } from "./domain.js";

/** One row per domain. */
const domains: Readonly<Record<string, () => Promise<Domain>>> = {
  characters: async () => (await import("./text/index.js")).text,
  smiles: async () => (await import("./molecules/index.js")).molecules,
  level: async () => (await import("./levels/index.js")).levels,
  chorale: async () => (await import("./music/index.js")).music,
  roll: async () => (await import("./music/index.js")).music,
};

/** The domain of a codec; undefined if its tokens are known as numbers only. */
export const domainOf = async (codec: CodecConfig | undefined): Promise<Domain | undefined> =>
  codec && Object.hasOwn(domains, codec.kind) ? domains[codec.kind]() : undefined;
