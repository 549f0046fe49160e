// Text of any code points, half surrogates too. fast-check's own unit `binary` first lists all 1.1 million of them, which
// takes seconds.
import fc from 'fast-check';

const codePoint = fc.integer({ min: 0, max: 0x10ffff });

/** @param maxLength - in code points. */
export const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points));
