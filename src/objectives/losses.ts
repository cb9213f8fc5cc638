/** Adversarial losses, public as `losses`. */
export * from "./adversarial.js";
