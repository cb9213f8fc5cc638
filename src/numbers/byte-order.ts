/**
 * The host's byte order. WebAssembly's memory is little-endian everywhere, typed arrays on it are not: a host of the other order
 * would read and write numbers with their bytes reversed.
 */

/** Whether the least significant byte of a number comes first, as on x86-64 and arm64. Nothing is cached. */
export const isLittleEndian = (): boolean => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
