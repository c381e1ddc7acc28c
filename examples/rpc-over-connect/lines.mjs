// Messages of JSON, one a line.
// @ts-check
import { StringDecoder } from "node:string_decoder";

const MAX_LINE_LENGTH = 1_000_000;

/**
 * Not `for await (const text of socket)`: that destroys the socket at the other side's end, with what has not been sent yet.
 * @param {import("node:net").Socket} socket
 * @returns {AsyncGenerator<string>}
 */
export async function* linesOf(socket) {
  // Node refuses setEncoding() on a server's socket, after CONNECT, too.
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
