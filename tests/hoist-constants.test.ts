/** The build's last pass: vector constants leave innermost loops, everything else stays. */
import { expect, test } from "vitest";
import { hoistConstants } from "../scripts/hoist-constants.js";

const one = "(v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000)";
const two = "(v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000)";
const zero = "(v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000)";

test("a constant of an innermost loop becomes one local, set before the body", () => {
  const loop = (inside: string) => `(loop $a (drop (f32x4.add ${inside})))`;
  const text = `(module (func $f (param $0 i32) (local $1 v128) ${loop(`${one} ${one}`)} ${loop(`${two} ${zero}`)} (drop ${one})))`;
  const body = `${loop("(local.get $constant0) (local.get $constant0)")} ${loop(`(local.get $constant1) ${zero}`)} (drop ${one})`;
  const set = `(local $constant0 v128)\n  (local $constant1 v128)\n  (local.set $constant0 ${one})\n  (local.set $constant1 ${two})\n  `;
  expect(hoistConstants(text)).toBe(`(module (func $f (param $0 i32) (local $1 v128) ${set}${body}))`);
});

test("constants of outer loops and of functions without loops stay", () => {
  const text = `(module (func $f (drop ${one}) (loop $a (drop ${one}) (loop $b (nop)))) (func $g (drop ${two})))`;
  expect(hoistConstants(text)).toBe(text);
});

test("functions do not share locals", () => {
  const f = (name: string, inside: string) => `(func ${name} ${inside})`;
  const looped = (constant: string) => `(loop $a (drop ${constant}))`;
  const hoisted = `(local $constant0 v128)\n  (local.set $constant0 ${one})\n  ${looped("(local.get $constant0)")}`;
  const text = `(module ${f("$f", looped(one))} ${f("$g", looped(one))})`;
  expect(hoistConstants(text)).toBe(`(module ${f("$f", hoisted)} ${f("$g", hoisted)})`);
});
