import { promisify } from 'node:util';
import { constants, deflate } from 'node:zlib';
import type { Deflate } from '../seams/deflate.ts';

const inPool = promisify<Uint8Array, { level: number }, Uint8Array>(deflate);

/** Level 9: a fifth smaller than the usual level on sparse lists. It is a second's work at most, in the thread pool. */
export const nodeZlibDeflate: Deflate = (bytes) => inPool(bytes, { level: constants.Z_BEST_COMPRESSION });
