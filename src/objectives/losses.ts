/** Losses: functions that give plain values. */
export * from "./adversarial.js";
