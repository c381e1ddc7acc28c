// Docker's frames for two outputs on one connection: one byte for the output, three zero bytes, four for the length,
// the data.
// @ts-check

export const STDOUT = 1;
export const STDERR = 2;

const HEADER_BYTES = 8;

/** @param {number} output */
export function framesOf(output) {
  /** @param {AsyncIterable<Buffer>} source */
  return async function* (source) {
    for await (const data of source) {
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt8(output);
      header.writeUInt32BE(data.length, 4);
      yield Buffer.concat([header, data]);
    }
  };
}

/**
 * Yields data as it arrives, without waiting for a whole frame.
 * @param {AsyncIterable<Buffer>} source
 * @returns {AsyncGenerator<[output: number, data: Buffer]>}
 */
export async function* unframe(source) {
  let header = Buffer.alloc(0);
  let bytesLeft = 0;
  for await (let data of source) {
    while (data.length > 0) {
      if (bytesLeft === 0) {
        const missing = HEADER_BYTES - (header.length % HEADER_BYTES);
        header = Buffer.concat([header.subarray(0, HEADER_BYTES - missing), data.subarray(0, missing)]);
        data = data.subarray(missing);
        if (header.length === HEADER_BYTES) bytesLeft = header.readUInt32BE(4);
      } else {
        const piece = data.subarray(0, bytesLeft);
        bytesLeft -= piece.length;
        data = data.subarray(piece.length);
        yield [header.readUInt8(), piece];
      }
    }
  }
  if (bytesLeft > 0 || header.length % HEADER_BYTES > 0) throw new Error("the connection ended within a frame");
}
