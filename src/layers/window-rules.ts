/** Rules of the options that determine the windows of convolutions and pools. */
import type { OptionRule } from "../kinds/option.js";
import { type Pair, pairOf } from "../ops/convolution/window.js";

/** The rule of an option that is an integer of 1 or more, or a pair of them: one for height, one for width. */
export const pairRule = (name: string): OptionRule => ({
  check: (value: number | Pair, what: string) => pairOf(value, name, what),
});

/** Rules of the window's options. Paddings are checked later, together with their window. */
export const windowRules = /* @__PURE__ */ (() => ({
  stride: { ...pairRule("stride"), default: 1 },
  padding: { default: "valid", check: () => undefined },
  dilation: { ...pairRule("dilation"), default: 1 },
}))();
