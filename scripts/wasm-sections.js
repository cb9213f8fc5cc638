// Reads the outline of a WebAssembly module: its sections, imports and exports. Works on any host, even if its engine
// does not support the instructions inside (Node 20 without relaxed SIMD).

const sectionNames =
  "custom type import function table memory global export start element code data datacount tag".split(" ");
const kindNames = ["function", "table", "memory", "global", "tag"];

/**
 * @typedef {{ sections: string[], imports: string[], exports: string[] }} Outline
 * imports as "module.name kind", exports as "name kind"
 */

/**
 * The outline of a module, according to section 5.5 of the core specification.
 * @param {Uint8Array} bytes
 * @returns {Outline}
 */
export function outlineOf(bytes) {
  let at = 8;
  const unsigned = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = /** @type {number} */ (bytes[at++]);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const name = () => {
    const length = unsigned();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const limits = () => {
    const flags = unsigned();
    unsigned();
    if (flags & 1) unsigned();
  };
  if (bytes.length < 8 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) !== 0x6d736100) {
    throw new TypeError("outlineOf: not a WebAssembly module: the first four bytes are not \\0asm");
  }
  /** @type {Outline} */
  const outline = { sections: [], imports: [], exports: [] };
  while (at < bytes.length) {
    const section = sectionNames[unsigned()] ?? "unknown";
    const end = unsigned() + at;
    outline.sections.push(section);
    if (section === "import") {
      for (let left = unsigned(); left > 0; left--) {
        const path = `${name()}.${name()}`;
        const kind = kindNames[unsigned()] ?? "unknown";
        if (kind === "table") unsigned();
        if (kind === "table" || kind === "memory") limits();
        else if (kind === "global") at += 2;
        else {
          if (kind === "tag") at++;
          unsigned();
        }
        outline.imports.push(`${path} ${kind}`);
      }
    }
    if (section === "export") {
      for (let left = unsigned(); left > 0; left--) {
        const path = name();
        outline.exports.push(`${path} ${kindNames[unsigned()]}`);
        unsigned();
      }
    }
    at = end;
  }
  return outline;
}

/**
 * The rules that a kernel build breaks; they allow every lane to instantiate it on the same memory.
 * @param {Uint8Array} bytes
 * @returns {string[]} one line per broken rule
 */
export function brokenRules(bytes) {
  const { sections, imports, exports } = outlineOf(bytes);
  const broken = [];
  if (sections.includes("data") || sections.includes("datacount")) {
    broken.push("has a data segment; strings, array literals, static arrays and exceptions create one");
  }
  if (sections.includes("start")) broken.push("has a start function; globals must be initialised by constants");
  if (imports.join() !== "env.memory memory")
    broken.push(`must import only env.memory, imports: ${imports.join(", ")}`);
  const wanted = "describe function, resume function, run function, serve function";
  if ([...exports].sort().join(", ") !== wanted) broken.push(`must export ${wanted}; exports: ${exports.join(", ")}`);
  return broken;
}

/**
 * A module without its custom sections, such as the names of functions.
 * @param {Uint8Array} bytes
 */
export function withoutCustomSections(bytes) {
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const start = at++;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = /** @type {number} */ (bytes[at++]);
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += length;
    if (bytes[start] !== 0) kept.push(bytes.subarray(start, at));
  }
  return Buffer.concat(kept);
}
