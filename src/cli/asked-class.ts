/** A class as an option of the command line: its name, or its number. */
export const askedClass = (
  { classNames }: { readonly classNames?: readonly string[] },
  text: string,
): string | number => (!classNames?.includes(text) && /^\d+$/.test(text) ? Number(text) : text);
