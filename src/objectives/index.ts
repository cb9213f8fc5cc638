/** Losses: functions that give plain values. */
export {
  type AdversarialLoss,
  hinge,
  leastSquares,
  lossFrom,
  lossKinds,
  minimax,
  nonSaturating,
  wasserstein,
} from "./adversarial.js";
