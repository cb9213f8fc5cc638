/** Half-precision numbers (IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction) as f32, which holds all of them. */

/** What f32 needs: the exponents of half and f32 are counted from 15 and 127. */
const rebias = 2 ** (127 - 15);

/**
 * The values of halves, exactly.
 * @param halves the bits of each
 */
export function halvesToFloats(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    // In place within an f32, a half is its value times 2^-112; for a subnormal half that is a subnormal f32.
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    if ((half & 0x7c00) !== 0x7c00) floats[i] *= rebias;
    else bits[i] |= 0x7f800000; // infinite, or not a number
  }
  return floats;
}
