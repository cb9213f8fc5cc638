/** A promise that a program broke. */
export interface Failure {
  /** Which promise broke: the unfused bits, those of other lanes, of a build without merged vectors, of a second time, the reference's bound, that gradients are slopes, or a throw. */
  readonly kind: "unfused" | "lanes" | "wide" | "again" | "reference" | "slope" | "error";
  readonly message: string;
}
