// Reads the body of an answer of somebody else's, which may have no end.

/** @returns it as UTF-8. @throws what `tooLong` gives, once more than `mostBytes` have come. */
export const readBoundedBody = async (response: Response, mostBytes: number, tooLong: () => Error): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
