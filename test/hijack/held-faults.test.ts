// What can go wrong with a held request, or one whose hijacking was refused: as on a server without hijacking.
import { createServer, IncomingMessage, type RequestListener, type ServerOptions } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";

const POST = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function serveHeld(handler: RequestListener, options: ServerOptions = {}) {
  const server = createServer(options, handler);
  enableHijack(server, { hold: () => true });
  await listen(server);
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  let received = "";
  client.on("data", (data: Buffer) => (received += data.toString()));
  return { server, client, received: () => received };
}

test("a middleware's methods of the response are there again after a refusal", async () => {
  const server = createServer((request, response) => {
    const { end } = response;
    response.end = (text?: unknown) => end.call(response, `of the middleware: ${String(text)}`, "utf8");
    setTimeout(() => void hijack(request, response).catch(({ code }: { code: string }) => response.end(code)), 5);
  });
  enableHijack(server);
  await listen(server);
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  let received = "";
  client.on("data", (data: Buffer) => (received += data.toString()));
  // The second has begun when the first is asked for.
  client.write(`${GET}GET /next`);
  await until(() => received.endsWith("of the middleware: ERR_SOCKINFO_BYTES_PARSED"));
});

for (const segments of [[`${POST}x\r\n`], [POST, "x\r\n"]]) {
  test(`a body that is refused is over, in ${segments.length} segments`, async () => {
    const events: string[] = [];
    const sockets: Socket[] = [];
    const { server, client, received } = await serveHeld((request) => {
      sockets.push(request.socket);
      for (const event of ["data", "end", "aborted"]) request.on(event, () => events.push(event));
      request.on("error", () => {});
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      events.push(String(error.code));
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    for (const segment of segments) {
      client.write(segment);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => received().startsWith("HTTP/1.1 400"));
    client.end("5\r\nhello\r\n0\r\n\r\n");
    await until(() => sockets[0]?.closed === true);
    await until(() => events.includes("aborted"));
    expect(events).toEqual(["HPE_INVALID_CHUNK_SIZE", "aborted"]);
  });
}

test("its own time limit is told to the request, which may answer", async () => {
  const { client, received } = await serveHeld((request, response) => {
    request.setTimeout(50, () => response.writeHead(408).end());
  });
  client.write(POST);
  await until(() => received().startsWith("HTTP/1.1 408"));
});

test("a time limit for requests that timers can't count is none", async () => {
  const { client, received } = await serveHeld(
    (request, response) => void request.resume().on("end", () => response.end("ok")),
    { requestTimeout: 2 ** 32, headersTimeout: 2 ** 32 },
  );
  client.write(POST);
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.write("0\r\n\r\n");
  await until(() => received().startsWith("HTTP/1.1 200"));
});

test("no request but the client's own is made, of a class of the server's", async () => {
  let made = 0;
  class Request extends IncomingMessage {
    constructor(socket: Socket) {
      super(socket);
      made += 1;
    }
  }
  const { client, received } = await serveHeld((_, response) => setImmediate(() => response.end("ok")), {
    IncomingMessage: Request,
  });
  for (let count = 1; count <= 3; count++) {
    client.write(GET);
    await until(() => received().split("HTTP/1.1 200").length === count + 1);
  }
  await new Promise(setImmediate);
  expect(made).toBe(3);
});
