/** Seeded damage to files: bits, bytes, lengths, and the fields and digits of JSON. */

/** A generator of numbers in [0, 1): mulberry32 (Ettinger 2017), enough to choose damage. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Damage {
  readonly what: string;
  readonly bytes: Uint8Array;
}

type Random = () => number;
const below = (random: Random, count: number) => Math.floor(random() * count);
const oneOf = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const words = [0n, 1n, 8n, 255n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** Damage to bytes alone; three of four places lie in the first `hot` ones. */
export function damagedBytes(bytes: Uint8Array, random: Random, hot = bytes.length): Damage {
  const out = bytes.slice();
  const place = () => below(random, random() < 0.75 ? Math.min(hot, out.length) : out.length);
  const some = () => 1 + below(random, 16);
  const kinds: Readonly<Record<string, () => Uint8Array>> = {
    bits() {
      for (let i = below(random, 3); i >= 0; i--) out[place()] ^= 1 << below(random, 8);
      return out;
    },
    byte() {
      out[place()] = below(random, 256);
      return out;
    },
    truncated: () => out.subarray(0, place()),
    extended: () => joined(out, new Uint8Array(1 + below(random, 300)).fill(below(random, 256))),
    without: () => {
      const at = place();
      return joined(out.subarray(0, at), out.subarray(at + some()));
    },
    with: () => {
      const at = place();
      const more = new Uint8Array(some()).map(() => below(random, 256));
      return joined(out.subarray(0, at), more, out.subarray(at));
    },
    word() {
      if (out.length < 8) return out;
      const view = new DataView(out.buffer);
      view.setBigUint64(Math.min(place(), out.length - 8), oneOf(random, words), random() < 0.8);
      return out;
    },
    exchanged() {
      const [length, from, to] = [some(), place(), place()];
      const piece = out.slice(from, from + length);
      out.copyWithin(from, to, to + length);
      out.set(piece.subarray(0, Math.max(0, out.length - to)), to);
      return out;
    },
  };
  const what = oneOf(random, Object.keys(kinds));
  return { what, bytes: kinds[what]() };
}

const values: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1, 1.5, 2 ** 31, 2 ** 53, 1e308, "", "x", "__proto__", "gan", "9"],
  ...[[], {}, [0], [2 ** 53], ["a"], [-1], { kind: "dense", units: 4 }],
];

type Json = Record<string, unknown>;

function pathsOf(
  value: unknown,
  path: readonly string[] = [],
  found: (readonly string[])[] = [],
): (readonly string[])[] {
  if (path.length > 0) found.push(path);
  if (typeof value === "object" && value !== null)
    for (const [name, one] of Object.entries(value)) pathsOf(one, [...path, name], found);
  return found;
}

/** Damage to a value of JSON: a field removed, renamed, added, replaced, exchanged with another, or a number changed. */
export function damagedJson(value: unknown, random: Random): { readonly what: string; readonly value: unknown } {
  const out = structuredClone(value);
  const paths = pathsOf(out);
  const path = oneOf(random, paths);
  const parentOf = (of: readonly string[]) => of.slice(0, -1).reduce((part, name) => part?.[name] as Json, out as Json);
  const [parent, name] = [parentOf(path), path.at(-1) as string];
  const kinds: Readonly<Record<string, () => void>> = {
    removed() {
      if (Array.isArray(parent)) parent.splice(Number(name), 1);
      else delete parent[name];
    },
    renamed() {
      const kept = parent[name];
      delete parent[name];
      parent[`${name}x`] = kept;
    },
    added() {
      if (Array.isArray(parent)) parent.push(oneOf(random, values));
      else parent[oneOf(random, ["more", "kind", "steps", "__proto__x", "sha256"])] = oneOf(random, values);
    },
    replaced() {
      parent[name] = oneOf(random, values);
    },
    number() {
      const before = parent[name];
      if (typeof before === "number")
        parent[name] = oneOf(random, [before + 1, before - 1, -before, before * 2, before + 2 ** -40, 0, before * 1e9]);
      else if (typeof before === "string") parent[name] = `${before} `;
      else parent[name] = oneOf(random, values);
    },
    exchanged() {
      const other = oneOf(random, paths);
      const holder = parentOf(other);
      const [last, kept] = [other.at(-1) as string, parent[name]];
      if (typeof holder !== "object" || holder === null) return;
      // A part exchanged with one of its own parts would contain itself.
      const [own, its] = [path.join("/"), other.join("/")];
      if (own.startsWith(`${its}/`) || its.startsWith(`${own}/`)) return;
      parent[name] = holder[last];
      holder[last] = kept;
    },
  };
  const what = oneOf(random, Object.keys(kinds));
  kinds[what]();
  return { what: `${path.join(".")} ${what}`, value: out };
}

/** The JSON text with one digit changed; the text itself if it has none. */
export function damagedDigit(text: string, random: Random): string {
  const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
  if (digits.length === 0) return text;
  const at = oneOf(random, digits);
  return text.slice(0, at) + oneOf(random, "0123456789".split("")) + text.slice(at + 1);
}

const prefix = 8;

/** Header and values of a safetensors file. */
export function partsOf(bytes: Uint8Array): { readonly header: string; readonly values: Uint8Array } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(prefix, prefix + length));
  return { header, values: bytes.subarray(prefix + length) };
}

/** A safetensors file of a header and values. */
export function fileOf(header: string, rest: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(header);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  const length = new Uint8Array(prefix);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  return joined(length, padded, rest);
}

/** Damage to a safetensors file: its bytes, its header's JSON, or the JSON in its metadata. */
export function damagedSafetensors(bytes: Uint8Array, random: Random): Damage {
  const { header, values: rest } = partsOf(bytes);
  const parsed = JSON.parse(header);
  const kinds: Readonly<Record<string, () => Damage>> = {
    bytes: () => damagedBytes(bytes, random, prefix + header.length),
    header() {
      const { what, value } = damagedJson(parsed, random);
      return { what, bytes: fileOf(JSON.stringify(value), rest) };
    },
    metadata() {
      const key = oneOf(random, Object.keys(parsed.__metadata__));
      const before = parsed.__metadata__[key];
      const { what, text } =
        key === "sha256"
          ? { what: "digit", text: damagedDigit(before, random) }
          : (({ what: how, value }) => ({ what: how, text: JSON.stringify(value) }))(
              damagedJson(JSON.parse(before), random),
            );
      const changed = { ...parsed, __metadata__: { ...parsed.__metadata__, [key]: text } };
      return { what: `${key}.${what}`, bytes: fileOf(JSON.stringify(changed), rest) };
    },
    digit: () => ({ what: "digit of the header", bytes: fileOf(damagedDigit(header, random), rest) }),
    names() {
      const names = Object.keys(parsed).filter((name) => name !== "__metadata__");
      const [a, b] = [oneOf(random, names), oneOf(random, names)];
      const changed = { ...parsed, [a]: parsed[b], [b]: parsed[a] };
      return { what: `${a} for ${b}`, bytes: fileOf(JSON.stringify(changed), rest) };
    },
  };
  return kinds[oneOf(random, Object.keys(kinds))]();
}

/** Damage to the text of a JSON file: its bytes, its fields, or a digit. */
export function damagedJsonFile(bytes: Uint8Array, random: Random): Damage {
  const text = new TextDecoder().decode(bytes);
  const kind = below(random, 3);
  if (kind === 0) return damagedBytes(bytes, random);
  if (kind === 1) return { what: "digit", bytes: new TextEncoder().encode(damagedDigit(text, random)) };
  const { what, value } = damagedJson(JSON.parse(text), random);
  return { what, bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`) };
}
