/**
 * sin, cos and log in f64 out of + - * / alone, so that every JavaScript engine gives the same bits (Math.sin and its
 * like may differ). Polynomials of fdlibm (Sun Microsystems 1993); errors below 2 ulp for arguments up to 1e5.
 */

/** pi / 2 in two parts: the first has 33 bits, so k times it is exact for k below 2^20. */
const halfPiHigh = 1.57079632673412561417;
const halfPiLow = 6.07710050650619224932e-11;

export function sin(x: number): number {
  const quarter = Math.floor((x * 2) / Math.PI + 0.5);
  return sinOfQuarter(x - quarter * halfPiHigh - quarter * halfPiLow, quarter);
}

export function cos(x: number): number {
  const quarter = Math.floor((x * 2) / Math.PI + 0.5);
  return sinOfQuarter(x - quarter * halfPiHigh - quarter * halfPiLow, quarter + 1);
}

/** Natural logarithm of a positive number: x = 2^e m, log m = 2 artanh((m - 1) / (m + 1)). */
export function log(x: number): number {
  let e = 0;
  let m = x;
  while (m > Math.SQRT2) {
    m *= 0.5;
    e++;
  }
  while (m < Math.SQRT1_2) {
    m *= 2;
    e--;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 0;
  for (let k = 23; k >= 1; k -= 2) sum = sum * z + 1 / k;
  return e * Math.LN2 + 2 * s * sum;
}

/** sin(r + quarter pi / 2) for r within pi / 4 of 0. */
function sinOfQuarter(r: number, quarter: number): number {
  const z = r * r;
  const turn = ((quarter % 4) + 4) % 4;
  const odd = turn === 1 || turn === 3;
  const value = odd
    ? 1 +
      z *
        (-0.5 +
          z *
            (4.16666666666666019037e-2 +
              z *
                (-1.38888888888741095749e-3 +
                  z *
                    (2.48015872894767294178e-5 +
                      z *
                        (-2.75573143513906633035e-7 +
                          z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11))))))
    : r +
      r *
        z *
        (-1.66666666666666324348e-1 +
          z *
            (8.33333333332248946124e-3 +
              z *
                (-1.98412698298579493134e-4 +
                  z *
                    (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))));
  return turn >= 2 ? -value : value;
}
