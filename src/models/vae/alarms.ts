/**
 * What goes wrong in a VAE's training although its bound rises: the posterior of every latent equals the prior, so that the
 * decoder learns nothing of a record from its latents (Bowman et al. 2016, section 3).
 */
import { type AlarmRule, rises } from "../../train/alarms.js";

/** Divergence of posterior and prior, in nats of all latents, below which latents tell nothing of a record. */
const unused = 0.05;

const posteriorCollapsed: AlarmRule = {
  name: "posteriorCollapsed",
  hint: "raise the weight of the divergence slowly from 0 (klWeight), use freeBits, begin with a smaller variance of the likelihood, or weaken the decoder",
  window: 6,
  find(recent) {
    const found = recent.map(({ losses }) => losses.kl);
    // Initial encoders say little: what matters is that it does not change.
    if (Math.max(...found) > unused || rises(found, unused)) return undefined;
    return `for ${recent[5].step - recent[0].step} steps the divergence of posterior and prior has been at most ${Math.max(...found).toPrecision(2)} nats: the latents tell nothing of a record`;
  },
};

/** Alarms of a VAE's training. */
export const vaeAlarms: readonly AlarmRule[] = [posteriorCollapsed];
