/** Compresses into the ZLIB format (RFC 1950) as hard as it can, off the event loop. */
export type Deflate = (bytes: Uint8Array) => Promise<Uint8Array>;
