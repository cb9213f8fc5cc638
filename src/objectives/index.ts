/** Losses: functions that give plain values. */
export {
  type AdversarialLoss,
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  wasserstein,
} from "./adversarial.js";
