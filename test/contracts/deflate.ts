// What every Deflate does: the ZLIB format, packed well enough for a status list to be small.
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Deflate } from '../../src/seams/deflate.ts';

export const describeDeflate = (name: string, deflate: Deflate): void => {
  describe(`Deflate: ${name}`, () => {
    test('RFC 1950: what it packs comes out again, and a list of zeros becomes next to nothing', async () => {
      const bits = new Uint8Array(131_072);
      expect((await deflate(bits)).length).toBeLessThan(200);
      for (let index = 0; index < bits.length; index += 97) bits[index] = index % 256;
      const packed = await deflate(bits);
      expect(packed[0]).toBe(0x78);
      expect(Buffer.from(inflateSync(packed)).equals(Buffer.from(bits))).toBe(true);
    });
  });
};
