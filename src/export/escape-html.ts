/** Text within HTML. */

/** The text with the characters that HTML reserves as entities. */
export function escapeHtml(text: string): string {
  // HTML cannot represent control characters; names of files and columns may contain some.
  return text
    .replace(/(?![\n\t])\p{Cc}/gu, "\ufffd")
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
