// JSON messages, one a line.
// @ts-check
import { StringDecoder } from "node:string_decoder";

const MAX_LINE_LENGTH = 1_000_000;

/**
 * Not `for await (const data of socket)`: at the other side's end that destroys the socket, and unsent data is lost.
 * @param {import("node:net").Socket} socket
 * @returns {AsyncGenerator<string>}
 */
export async function* linesOf(socket) {
  // Not setEncoding(): Node refuses it on a server's socket, even after CONNECT.
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    const lines = (rest + decoder.write(data)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw new Error("a message is too long");
    yield* lines;
  }
}

/** @param {object} message */
export function toLine(message) {
  return `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
}
