// Reads bytes that must be one JSON object in UTF-8. RFC 8259 §8.1, RFC 7519 §7.2.

// A byte order mark is kept, for JSON.parse to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns undefined when the text is anything but one object. Of members with one name the last counts. */
export const parseJsonObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** @returns undefined when the bytes are not UTF-8 without a byte order mark, too. */
export const readJsonObject = (bytes: Uint8Array): JsonObject | undefined => {
  try {
    return parseJsonObject(utf8.decode(bytes));
  } catch {
    return undefined;
  }
};

const decodeText = (bytes: Uint8Array): string => utf8.decode(bytes);

/** Strings, with their escapes, and what can hold or divide members. */
const structure = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/**
 * @param bytes - what `readJsonObject` read `object` from.
 * @returns whether a name stands twice at the top: then another reader may see another value.
 */
export const hasDuplicateMember = (bytes: Uint8Array, object: JsonObject): boolean => {
  let depth = 0;
  let members = 0;
  for (const [mark] of decodeText(bytes).matchAll(structure)) {
    if (mark === '{' || mark === '[') depth += 1;
    else if (mark === '}' || mark === ']') depth -= 1;
    else if (mark === ':' && depth === 1) members += 1;
  }
  return members !== Object.keys(object).length;
};
