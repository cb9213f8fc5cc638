// Samples of an exported generator as PNG images: GET /?seed=7&first=2&label=3. Its only dependency is generator.wasm.
// @ts-expect-error: `genloom export` writes it
import module from "./generator.wasm";

/** @type {any} */
const { memory, generate, error, describe } = new WebAssembly.Instance(module).exports;
const { shape, range, classNames = [] } = JSON.parse(textAt(describe())).records;
const [height, width, channels = 1] = shape;

export default {
  /** @param {Request} request */
  async fetch({ method, url }) {
    if (method !== "GET") return new Response("only GET is known here\n", { status: 405, headers: { allow: "GET" } });
    const { searchParams: given } = new URL(url);
    try {
      const seed = integer(given, "seed", Number.MAX_SAFE_INTEGER);
      const first = integer(given, "first", 2 ** 31 - 2);
      const named = classNames.indexOf(given.get("label"));
      const label = named >= 0 || !given.has("label") ? named : integer(given, "label", 2 ** 31 - 1);
      const address = generate(seed | 0, Math.floor(seed / 2 ** 32), first, 1, label);
      if (address === 0) throw new RangeError(textAt(error()));
      const png = await encodePng(new Float32Array(memory.buffer, address, height * width * channels));
      // The same address gives the same bits for ever.
      return new Response(png, {
        headers: { "content-type": "image/png", "cache-control": "public, max-age=31536000" },
      });
    } catch (problem) {
      if (problem instanceof RangeError) return new Response(`${problem.message}\n`, { status: 400 });
      throw problem;
    }
  },
};

/** @param {URLSearchParams} given @param {string} name @param {number} most */
function integer(given, name, most) {
  const text = given.get(name) ?? "0";
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw new RangeError(`${name} must be an integer from 0 to ${most}, found ${JSON.stringify(text)}`);
}

/** Zero-terminated UTF-8 in the module's memory. @param {number} address */
function textAt(address) {
  const bytes = new Uint8Array(memory.buffer, address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

/** A record in the data's own units as a PNG file: `range` becomes black and white. @param {Float32Array} values */
async function encodePng(values) {
  const row = width * channels;
  const rows = new Uint8ClampedArray(height * (row + 1)); // each begins with its filter: 0, none
  values.forEach((value, i) => {
    rows[i + Math.floor(i / row) + 1] = ((value - range[0]) / (range[1] - range[0])) * 255;
  });
  const zlib = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint16(8, 8 * 256 + [0, 0, 4, 2, 6][channels]); // bits per channel, colour type
  const data = new Uint8Array(await new Response(zlib).arrayBuffer());
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  return new Blob([signature, chunk("IHDR", new Uint8Array(header.buffer)), chunk("IDAT", data), chunk("IEND")]);
}

/** Length, type, data, and the CRC-32 of type and data. @param {string} type */
function chunk(type, data = new Uint8Array()) {
  const bytes = new Uint8Array(data.length + 12);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  let crc = -1;
  for (const byte of bytes.subarray(4, -4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  new DataView(bytes.buffer).setUint32(0, data.length);
  new DataView(bytes.buffer).setUint32(data.length + 8, ~crc);
  return bytes;
}
