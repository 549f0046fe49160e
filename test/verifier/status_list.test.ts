// Test vectors of draft-ietf-oauth-status-list-17 §4.1, §4.2 and appendix C, for the verifier's reader.
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readStatusList, statusAt } from '../../src/verifier/status_list.ts';

const mostBytes = 2 ** 21;
const places = 2 ** 20;

interface Vector {
  readonly bits: number;
  readonly lst: string;
  readonly statuses: Readonly<Record<number, number>>;
  readonly places: number;
}

const vectors: Readonly<Record<string, Vector>> = {
  '§4.1, 16 places of 1 bit': {
    bits: 1,
    lst: 'eNrbuRgAAhcBXQ',
    places: 16,
    statuses: { 0: 1, 3: 1, 4: 1, 5: 1, 7: 1, 8: 1, 9: 1, 13: 1, 15: 1 },
  },
  '§4.1, 12 places of 2 bits': {
    bits: 2,
    lst: 'eNo76fITAAPfAgc',
    places: 12,
    statuses: { 0: 1, 1: 2, 3: 3, 5: 1, 7: 1, 8: 1, 9: 2, 10: 3, 11: 3 },
  },
  'C.1, 1 bit': {
    bits: 1,
    lst:
      'eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAA' +
      'ADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb',
    places,
    statuses: Object.fromEntries(
      [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345].map((index) => [index, 1]),
    ),
  },
  'C.2, 2 bits': {
    bits: 2,
    lst:
      'eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAA' +
      'AAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw',
    places,
    statuses: {
      ...{ 0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2, 723232: 1, 854545: 1 },
      ...{ 934534: 2, 1000345: 3 },
    },
  },
  'C.3, 4 bits': {
    bits: 4,
    lst:
      'eNrt0EENgDAQADAIHwImkIIEJEwCUpCEBBQRHOy35Li1EjoOQGabAgAAAAAAAAAAAAAAAAAAACC1SQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAABADrsCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AADoxaEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI' +
      'IoCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACArpwKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAGhqVkAzlwIAAAAAiGVRAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABx3AoAgLpVAQAAAAAAAAAAAAAAwM89rwMAAAAAAAAAAA' +
      'jsA9xMBMA',
    places,
    statuses: {
      ...{ 0: 1, 1993: 2, 35460: 3, 459495: 4, 595669: 5, 754353: 6, 845645: 7, 923232: 8, 924445: 9, 934534: 10 },
      ...{ 1004534: 11, 1000345: 12, 1030203: 13, 1030204: 14, 1030205: 15 },
    },
  },
};

describe('a status list is read, Token Status List (draft 17)', () => {
  test.each(Object.entries(vectors))('%s: every place has the status the vector gives it', async (_name, vector) => {
    const list = await readStatusList({ bits: vector.bits, lst: vector.lst }, mostBytes);
    const found: Record<number, number | undefined> = {};
    for (let index = 0; index < vector.places; index += 1) {
      const status = statusAt(list, index);
      if (status !== 0) found[index] = status;
    }
    expect(found).toEqual(vector.statuses);
    expect(list.bytes).toHaveLength((vector.places * vector.bits) / 8);
    expect(statusAt(list, vector.places)).toBeUndefined();
  });

  test('8 bits: a byte is a status', async () => {
    const lst = deflateSync(Uint8Array.of(0, 7, 255)).toString('base64url');
    const list = await readStatusList({ bits: 8, lst }, mostBytes);
    expect([0, 1, 2, 3].map((index) => statusAt(list, index))).toEqual([0, 7, 255, undefined]);
  });

  test('T021: what decompresses to more than is allowed is refused', async () => {
    const lst = deflateSync(new Uint8Array(2 ** 24)).toString('base64url');
    await expect(readStatusList({ bits: 1, lst }, mostBytes)).rejects.toThrow();
  });

  test.each([
    ['no object', 'eNrbuRgAAhcBXQ'],
    ['bits of 3', { bits: 3, lst: 'eNrbuRgAAhcBXQ' }],
    ['bits as text', { bits: '1', lst: 'eNrbuRgAAhcBXQ' }],
    ['no lst', { bits: 1 }],
    ['lst with padding', { bits: 1, lst: 'eNrbuRgAAhcBXQ==' }],
    ['lst that is not zlib', { bits: 1, lst: 'AAAA' }],
    ['lst cut short', { bits: 1, lst: 'eNrbuRgAAg' }],
  ])('%s is refused', async (_what, statusList) => {
    await expect(readStatusList(statusList, mostBytes)).rejects.toThrow();
  });
});
