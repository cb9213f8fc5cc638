/**
 * SHA-256 (FIPS 180-4): the host's implementation if it has one, otherwise our own. `crypto.subtle` exists only in
 * secure contexts, so not on a page loaded over http from another computer.
 */

/**
 * The first 32 fractional bits of roots of the first primes: square roots for the initial state, cube roots for the
 * rounds.
 */
function primeRoots(count: number, power: number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return Int32Array.from(primes, (prime) => Number(BigInt.asIntN(32, fixedRoot(prime, power))));
}

/** floor(n^(1 / power) 2^32), exact: Newton's method on integers, from above. */
function fixedRoot(n: number, power: number): bigint {
  const target = BigInt(n) << BigInt(32 * power);
  const p = BigInt(power);
  let root = BigInt(n) << 32n;
  for (;;) {
    const next = ((p - 1n) * root + target / root ** (p - 1n)) / p;
    if (next >= root) return root;
    root = next;
  }
}

const blockBytes = 64;
let constants: { readonly start: Int32Array; readonly rounds: Int32Array } | undefined;

const rotateRight = (x: number, bits: number) => (x >>> bits) | (x << (32 - bits));

/** Updates the state with one block of 64 bytes (section 6.2.2). `w` is work space for 64 words. */
function takeBlock(state: Int32Array, rounds: Int32Array, block: DataView, at: number, w: Int32Array): void {
  for (let t = 0; t < 16; t++) w[t] = block.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15], w[t - 2]];
    w[t] =
      w[t - 16] +
      (rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3)) +
      w[t - 7] +
      (rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const t1 =
      (h + (rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)) + ((e & f) ^ (~e & g)) + rounds[t] + w[t]) | 0;
    const t2 = ((rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] += value;
  });
}

/** SHA-256 of bytes, computed without the host's implementation: 32 bytes. */
export function ownSha256(bytes: Uint8Array): Uint8Array {
  constants ??= { start: primeRoots(8, 2), rounds: primeRoots(64, 3) };
  const { start, rounds } = constants;
  const state = start.slice();
  const w = new Int32Array(64);
  const whole = bytes.length - (bytes.length % blockBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole; at += blockBytes) takeBlock(state, rounds, view, at, w);
  // Padding (section 5.1.1): the remaining bytes, a 1 bit, zeros, and the length in bits as 64 bits.
  const rest = bytes.length - whole;
  const tail = new Uint8Array(rest + 9 > blockBytes ? 2 * blockBytes : blockBytes);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const end = new DataView(tail.buffer);
  end.setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n);
  for (let at = 0; at < tail.length; at += blockBytes) takeBlock(state, rounds, end, at, w);
  const digest = new Uint8Array(32);
  const words = new DataView(digest.buffer);
  state.forEach((word, i) => {
    words.setInt32(4 * i, word);
  });
  return digest;
}

/** SHA-256 of parts one after the other, in hexadecimal. */
export function sha256OfAll(parts: readonly Uint8Array[]): Promise<string> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return sha256(all);
}

/** SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = (globalThis as { crypto?: Partial<Crypto> }).crypto ?? {};
  const digest = subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : ownSha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
