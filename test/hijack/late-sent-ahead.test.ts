// A pipelined request is hijacked late, once the one before it is answered. It is refused if Node has parsed bytes
// after it, because they would be missing in `head`.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf } from "../helpers/servers";

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Sends two requests and `after` in one segment. Returns what the client receives. */
async function answerBefore(after: string): Promise<string> {
  const server = createServer(async (req, res) => {
    if (req.url === "/first") return setImmediate(() => res.end("first"));
    if (req.url === "/third") return res.setHeader("Connection", "close").end("third");
    await once(res, "socket"); // Its turn.
    try {
      const { socket, head } = await hijack(req, res);
      return socket.end(`head ${head.toString()}`);
    } catch (error) {
      return res.end((error as { code: string }).code);
    }
  });
  enableHijack(server);
  await listen(server);
  const client = connect(portOf(server), "127.0.0.1");
  onTestFinished(() => void client.destroy());
  client.write(request("/first") + request("/second") + after);
  const received = text(client);
  await once(server, "request");
  // The rest of the third request.
  if (after !== "") setTimeout(() => client.write(request("/third").slice(after.length)), 30);
  return received;
}

test("nothing after it: taken", async () => {
  expect(await answerBefore("")).toMatch(/firsthead $/);
});

test.each([1, 8, 20])("%i bytes of the next request: refused, and the next is answered", async (count) => {
  expect(await answerBefore(request("/third").slice(0, count))).toMatch(/ERR_SOCKINFO_BYTES_PARSED[^]*third$/);
});
