/** Rules of the options that say how windows slide: of convolutions and pools. */
import type { OptionRule } from "../kinds/option.js";
import { type Pair, pairOf } from "../ops/convolution/window.js";

/** A whole number of 1 or more, or one for height and one for width. */
export const pairRule = (name: string): OptionRule => ({
  check: (value: number | Pair, what: string) => pairOf(value, name, what),
});

/** Paddings are checked with the window that they belong to. */
export const windowRules = /* @__PURE__ */ (() => ({
  stride: { ...pairRule("stride"), default: 1 },
  padding: { default: "valid", check: () => undefined },
  dilation: { ...pairRule("dilation"), default: 1 },
}))();
