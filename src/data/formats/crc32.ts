/** CRC-32, the checksum of zip, gzip and PNG (ISO 3309; polynomial 0xedb88320, reflected). */

/** Checksums of the single bytes. */
const ofByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  return crc;
});

/**
 * The checksum of bytes, as an unsigned integer.
 * @example crc32(new TextEncoder().encode("123456789")) // 3421780262
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ ofByte[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
