/**
 * Vectorised mathematics on four f32 at once: inlined, branch-free, without tables.
 *
 * Each function states its method, its valid range and its largest error in units in the last place (ulp), which
 * tests/kernels/vector.test.ts measures against f64: of functions of one operand it was the largest over every f32 of the
 * range in which the result changes, and the test holds it at those worst operands. Polynomials are our own minimax fits (least squares iterated to
 * equal ripple, Lawson 1961), the coefficients rounded to f32 one after the other, the remaining ones fitted anew.
 *
 * The `simd` build uses instructions with one possible result only: the same bits on every engine. The `relaxed` build
 * contracts a b + c to one rounding where the machine can, and is never less accurate than stated.
 */
export { maximum, minimum, mulAdd, negMulAdd, rsqrt, select } from "./vector/arithmetic";
export { erf } from "./vector/erf";
export { exp, expm1, sigmoid, tanh } from "./vector/exp";
export { log, log1p, softplus } from "./vector/log";
export { pow } from "./vector/pow";
export { cos, sin } from "./vector/trigonometry";
