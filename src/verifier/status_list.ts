// A status list as it is read: one status for each index, packed from the least significant bit on. Token Status List §4.
import { decodeBase64url } from './base64url.ts';
import { FetchRefusal, readBounded } from './fetch_signed.ts';
import { isJsonObject } from './json_object.ts';

export interface StatusList {
  /** Bits a status: 1, 2, 4 or 8. */
  readonly bits: number;
  readonly bytes: Uint8Array;
}

const inflateByStream = (compressed: Uint8Array<ArrayBuffer>, mostBytes: number): Promise<Uint8Array> => {
  // All of it is at hand: nothing has to end the reading.
  const { signal } = new AbortController();
  return readBounded(
    new Blob([compressed]).stream().pipeThrough(new DecompressionStream('deflate')),
    mostBytes,
    signal,
  );
};

type Inflate = typeof inflateByStream;

const zlib = globalThis.process?.getBuiltinModule?.('node:zlib');

const inflate: Inflate =
  zlib === undefined
    ? inflateByStream
    : (compressed, maxOutputLength) =>
        new Promise((resolve, reject) => {
          zlib.inflate(compressed, { maxOutputLength }, (error, bytes) => (error ? reject(error) : resolve(bytes)));
        });

/**
 * @param statusList - the claim `status_list` of a Status List Token.
 * @throws {Error} when it is malformed, or more than `mostBytes` come out of it.
 */
export const readStatusList = async (statusList: unknown, mostBytes: number): Promise<StatusList> => {
  if (!isJsonObject(statusList)) throw new FetchRefusal('It has no status_list.');
  const { bits, lst } = statusList;
  if (typeof bits !== 'number' || ![1, 2, 4, 8].includes(bits)) throw new FetchRefusal('bits is not 1, 2, 4 or 8.');
  const compressed = typeof lst === 'string' ? decodeBase64url(lst) : undefined;
  if (compressed === undefined) throw new FetchRefusal('lst is not base64url.');
  return { bits, bytes: await inflate(compressed, mostBytes) };
};

/** @returns undefined when there is no such index. */
export const statusAt = ({ bits, bytes }: StatusList, index: number): number | undefined => {
  const perByte = 8 / bits;
  const byte = bytes[Math.floor(index / perByte)];
  return byte === undefined ? undefined : (byte >>> ((index % perByte) * bits)) & (2 ** bits - 1);
};
