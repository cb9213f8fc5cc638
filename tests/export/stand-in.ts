/**
 * A small module with the exports of an exported generator, for tests of what stands around one. Value e of sample i is
 * low + (high - low) ((31 seedLow + 17 seedHigh + 7 i + e + 64 (label + 1)) mod 256) / 255; value e of its latent is
 * (31 seedLow + 17 seedHigh + 7 i + e) mod 8 - 4; `decode` repeats a record's latents over its values; the score of a
 * record is its first value. The memory grows in the first call that computes.
 */
import binaryen from "binaryen";
import type { GeneratorDescription } from "#src/export/description";

export interface StandIn {
  readonly shape: readonly number[];
  readonly range?: readonly [number, number];
  readonly columns?: readonly (string | undefined)[];
  /** The classes of which the module makes samples. */
  readonly classNames?: readonly string[];
  /** Names of classes alone: the module refuses labels. */
  readonly namesOnly?: boolean;
  readonly codec?: GeneratorDescription["records"]["codec"];
  /** Number of a latent's values; 0: without `latent` and `decode`. */
  readonly latent?: number;
  /** Maximum records of one call. */
  readonly limit?: number;
  readonly family?: GeneratorDescription["family"];
  readonly version?: number;
  /** Whether the module has `score`. */
  readonly scores?: boolean;
}

export const noLabels = "generate: this model was not trained with labels";

/** What the module's samples are, by the formula above. */
export function expected(
  { shape, range: [low, high] = [-1, 1] }: StandIn,
  { seed = 0, index, label = -1 }: { seed?: number; index: number; label?: number },
): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const start = 31 * (seed % 2 ** 32) + 17 * Math.floor(seed / 2 ** 32) + 7 * index + 64 * (label + 1);
  return Float32Array.from({ length: size }, (_, e) => Math.fround(low + ((high - low) * ((start + e) % 256)) / 255));
}

/** The bytes of the module, and its description. */
export function standIn(options: StandIn): { wasm: Uint8Array<ArrayBuffer>; description: GeneratorDescription } {
  const { shape, range = [-1, 1], columns, classNames, namesOnly = false, codec = "images", limit = 10 } = options;
  const { latent = 0, family = "gan", version = 1, scores = false } = options;
  const size = shape.reduce((product, length) => product * length, 1);
  const exports = [
    "memory",
    "generate",
    "error",
    "describe",
    ...(latent > 0 ? ["latent", "decode"] : []),
    ...(scores ? ["inputs", "score"] : []),
  ];
  const description = {
    ...{ format: "genloom-generator", version, genloom: "0.1.0", family },
    records: { name: "stand-in", shape, range, ...(columns && { columns }), ...(classNames && { classNames }), codec },
    limits: { count: limit },
    latent,
    hash: `${family}-${shape.join("x")}-${classNames?.length ?? 0}`,
    exports,
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(description)}\0`);
  const errors = 1024 + bytes.length;
  const refusal = new TextEncoder().encode(`${noLabels}\0`);
  const latents = Math.ceil((errors + refusal.length) / 16) * 16;
  const records = latents + 4 * limit * Math.max(latent, scores ? size : 1);
  const pages = Math.ceil((records + 4 * limit * size) / 65536);
  const classes = namesOnly ? 0 : (classNames?.length ?? 0);
  const text = (data: Uint8Array) => [...data].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  const module = binaryen.parseText(`(module
    (memory (export "memory") ${pages})
    (func $grow (if (i32.eq (memory.size) (i32.const ${pages})) (then (drop (memory.grow (i32.const 1))))))
    (data (i32.const 1024) "${text(bytes)}")
    (data (i32.const ${errors}) "${text(refusal)}")
    (func (export "describe") (result i32) (i32.const 1024))
    (func (export "error") (result i32) (i32.const ${errors}))
    (func (export "generate") (param $low i32) (param $high i32) (param $first i32) (param $count i32) (param $label i32)
      (result i32) (local $i i32) (local $start i32)
      (call $grow)
      (if (i32.or (i32.ge_s (local.get $label) (i32.const ${classes})) (i32.gt_u (local.get $count) (i32.const ${limit})))
        (then (return (i32.const 0))))
      (local.set $start (i32.add (i32.add (i32.mul (local.get $low) (i32.const 31)) (i32.mul (local.get $high) (i32.const 17)))
        (i32.add (i32.mul (local.get $first) (i32.const 7)) (i32.mul (i32.add (local.get $label) (i32.const 1)) (i32.const 64)))))
      (loop $next
        (f32.store (i32.add (i32.const ${records}) (i32.shl (local.get $i) (i32.const 2)))
          (f32.demote_f64 (f64.add (f64.const ${range[0]}) (f64.div (f64.mul (f64.const ${range[1] - range[0]})
            (f64.convert_i32_u (i32.and (i32.add (local.get $start) (i32.add
              (i32.mul (i32.div_u (local.get $i) (i32.const ${size})) (i32.const 7))
              (i32.rem_u (local.get $i) (i32.const ${size})))) (i32.const 255)))) (f64.const 255)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.mul (local.get $count) (i32.const ${size})))))
      (i32.const ${records}))
    ${latent > 0 ? decoder({ latents, latent, records, size }) : ""}
    ${scores ? scorer({ latents, records, size }) : ""})`);
  const wasm = new Uint8Array(module.emitBinary());
  module.dispose();
  // As a module's words become JSON and back.
  return { wasm, description: JSON.parse(JSON.stringify(description)) };
}

const decoder = (at: { latents: number; latent: number; records: number; size: number }) => `
    (func (export "latent") (param $low i32) (param $high i32) (param $first i32) (param $count i32) (result i32)
      (local $i i32)
      (call $grow)
      (if (local.get $count) (then (loop $next
        (f32.store (i32.add (i32.const ${at.latents}) (i32.shl (local.get $i) (i32.const 2)))
          (f32.sub (f32.convert_i32_u (i32.and (i32.const 7) (i32.add
            (i32.add (i32.mul (local.get $low) (i32.const 31)) (i32.mul (local.get $high) (i32.const 17)))
            (i32.add
              (i32.mul (i32.add (local.get $first) (i32.div_u (local.get $i) (i32.const ${at.latent}))) (i32.const 7))
              (i32.rem_u (local.get $i) (i32.const ${at.latent})))))) (f32.const 4)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.mul (local.get $count) (i32.const ${at.latent})))))))
      (i32.const ${at.latents}))
    (func (export "decode") (param $count i32) (result i32) (local $i i32)
      (loop $next
        (f32.store (i32.add (i32.const ${at.records}) (i32.shl (local.get $i) (i32.const 2)))
          (f32.load (i32.add (i32.const ${at.latents}) (i32.shl (i32.add
            (i32.mul (i32.div_u (local.get $i) (i32.const ${at.size})) (i32.const ${at.latent}))
            (i32.rem_u (i32.rem_u (local.get $i) (i32.const ${at.size})) (i32.const ${at.latent}))) (i32.const 2)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.mul (local.get $count) (i32.const ${at.size})))))
      (i32.const ${at.records}))`;

const scorer = (at: { latents: number; records: number; size: number }) => `
    (func (export "inputs") (result i32) (call $grow) (i32.const ${at.latents}))
    (func (export "score") (param $count i32) (result i32) (local $i i32)
      (loop $next
        (f32.store (i32.add (i32.const ${at.records}) (i32.shl (local.get $i) (i32.const 2)))
          (f32.load (i32.add (i32.const ${at.latents}) (i32.mul (local.get $i) (i32.const ${4 * at.size})))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
      (i32.const ${at.records}))`;
