/** The signatures of zip's records (APPNOTE 4.3), in a file of their own: what tells formats apart need not load the reader. */
export const zipSignature = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;

/** Whether the bytes start as a zip file does: with a member, or with the end of an empty directory. */
export function isZip({ buffer, byteOffset, length }: Uint8Array): boolean {
  if (length < 4) return false;
  const first = new DataView(buffer, byteOffset, 4).getUint32(0, true);
  return first === zipSignature.local || first === zipSignature.end;
}
