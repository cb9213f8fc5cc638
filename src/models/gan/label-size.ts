/** The size of the vector of a class that joins the latents of a generator with convolutions. */

/**
 * A quarter of the latents. As many as the latents drown these: after 500 steps of `dcgan` on MNIST all samples of a class were
 * alike. With none, which leaves the class to conditional batch norm, samples of all classes were alike.
 */
export const labelSizeOf = (latent: number): number => Math.ceil(latent / 4);
