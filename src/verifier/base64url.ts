// Strict base64url, RFC 7515 §2 and RFC 4648 §3.5: no padding, no other alphabet, no spare bits. One token has one spelling.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const noSextet = 64;

const sextets = (() => {
  const table = new Uint8Array(128).fill(noSextet);
  for (let sextet = 0; sextet < alphabet.length; sextet += 1) table[alphabet.charCodeAt(sextet)] = sextet;
  return table;
})();

const sextetAt = (segment: string, at: number): number => sextets[segment.charCodeAt(at)] ?? noSextet;

/** For runtimes without Buffer. */
export const decodeBase64urlByTable = (segment: string): Uint8Array<ArrayBuffer> | undefined => {
  const { length } = segment;
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let bitCount = 0;
  let written = 0;
  for (let at = 0; at < length; at += 1) {
    const sextet = sextetAt(segment, at);
    if (sextet === noSextet) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[written] = bits >> bitCount;
    written += 1;
  }
  const spareBits = bits & ((1 << bitCount) - 1);
  return spareBits === 0 ? bytes : undefined;
};

/** Buffer reads leniently, so what it read is written again and compared: still several times as fast as a table. */
const decodeByBuffer = (segment: string): Uint8Array<ArrayBuffer> | undefined => {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
};

/** @returns the bytes; undefined when the segment is not written the one right way. */
export const decodeBase64url: (segment: string) => Uint8Array<ArrayBuffer> | undefined =
  typeof Buffer === 'function' ? decodeByBuffer : decodeBase64urlByTable;

export const encodeBase64url = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | (second << 8) | third;
    for (const shift of [18, 12, 6, 0]) text += alphabet[(bits >> shift) & 63];
  }
  return text.slice(0, Math.ceil((bytes.length * 4) / 3));
};
