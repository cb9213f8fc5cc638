/** Attributes of operations as text: different attributes have different texts. */

/** Unlike JSON, keeps NaN, both infinities and the sign of zero. */
function valueKey(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${Array.from(value as Uint8Array, valueKey).join()})`;
  if (Array.isArray(value)) return `[${value.map(valueKey).join()}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, one]) => `${name}:${valueKey(one)}`)
      .join()}}`;
  return String(value);
}

/** Text that identifies a set of attributes. */
export const attributesKey = (attributes: object): string => valueKey(attributes);
