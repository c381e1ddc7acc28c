// release() refuses what is not a hijacked socket, and sockets that are read or closed. A refusal changes nothing.
import type { Socket } from "node:net";
import { hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { codeOf } from "../helpers/refusals";
import { makePair } from "../helpers/duplex-pair";
import { until } from "../helpers/servers";
import { GET_TAKE } from "./helpers/requests";
import { type Kind, Received, connectTo, serve } from "./helpers/servers";

const KINDS: readonly Kind[] = ["duplex", "http", "https"];
const NOTHING = Buffer.alloc(0);
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function taken(kind: Kind) {
  const sockets: Socket[] = [];
  const server = await serve(kind, (request, response) => {
    if (request.url === "/take") {
      void hijack(request, response).then(({ socket }) => sockets.push(socket.on("error", () => {})));
    } else response.end("ok");
  });
  const client = await connectTo(server, kind);
  const received = new Received(client);
  client.write(GET_TAKE);
  await until(() => sockets.length > 0);
  return { socket: sockets[0] as Socket, client, received };
}

describe.each(KINDS)("%s", (kind) => {
  const nothing = () => {};

  test.each<[string, (socket: Socket) => unknown, (socket: Socket) => unknown]>([
    ["'data'", (socket) => socket.on("data", nothing), (socket) => socket.off("data", nothing)],
    ["'readable'", (socket) => socket.on("readable", nothing), (socket) => socket.off("readable", nothing)],
    ["a pipe", (socket) => socket.pipe(makePair()[0]), (socket) => socket.unpipe()],
  ])("with %s: refused. Without it: released", async (_, add, remove) => {
    const { socket, client, received } = await taken(kind);
    add(socket);
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_NOT_RELEASABLE");
    remove(socket);
    expect(codeOf(() => release(socket, NOTHING))).toBeUndefined();
    client.write(GET);
    await until(() => received.text.endsWith("\r\n\r\nok"));
  });

  test("after setEncoding()", async () => {
    const { socket } = await taken(kind);
    socket.setEncoding("utf8");
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_NOT_RELEASABLE");
  });

  test("twice", async () => {
    const { socket, client, received } = await taken(kind);
    release(socket, NOTHING);
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_NOT_RELEASABLE");
    client.write(GET);
    await until(() => received.text.endsWith("\r\n\r\nok"));
  });

  test("after destroy()", async () => {
    const { socket } = await taken(kind);
    socket.destroy();
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  });

  test("after the owner's end", async () => {
    const { socket } = await taken(kind);
    socket.end();
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  });

  test("after the client's end", async () => {
    const { socket, client } = await taken(kind);
    socket.resume();
    client.end();
    await until(() => socket.readableEnded);
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  });

  test.each([[undefined], ["a string"], [1], [null], [{}], [new ArrayBuffer(1)], [[1, 2]]])(
    "a leftover of %j",
    async (leftover) => {
      const { socket, client, received } = await taken(kind);
      expect(codeOf(() => release(socket, leftover as never))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
      release(socket, new Uint8Array(Buffer.from(GET)));
      await until(() => received.text.endsWith("\r\n\r\nok"));
      client.end();
    },
  );

  test.each([
    [null, /^The "options" argument must be a plain object.* Received null$/],
    [true, /must be a plain object.* Received type boolean \(true\)$/],
    [{ ownerReadsBody: true }, /unknown key "ownerReadsBody"\. Did you mean "ownerReadBody"\?$/],
    [{ ownerReadBody: true, leftover: "" }, /unknown key "leftover"\. Its known keys are: "ownerReadBody"$/],
    [{ ownerReadBody: 1 }, /"options\.ownerReadBody" argument must be of type boolean\. Received type number \(1\)$/],
    [Object.create({ ownerReadBody: true }), /must be a plain object, which inherits nothing/],
  ])("the options %j", async (options, message) => {
    const { socket, client, received } = await taken(kind);
    expect(() => release(socket, NOTHING, options as never)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", message: expect.stringMatching(message) }),
    );
    release(socket, NOTHING, {});
    client.write(GET);
    await until(() => received.text.endsWith("\r\n\r\nok"));
  });

  test("again, while the server answers", async () => {
    const { socket } = await taken(kind);
    release(socket, Buffer.from(GET));
    expect(codeOf(() => release(socket, NOTHING))).toBe("ERR_SOCKINFO_NOT_RELEASABLE");
  });
});

test.each([[undefined], [null], [1], ["socket"], [{}], [makePair()[0]]])("not hijacked: %s", (value) => {
  expect(codeOf(() => release(value as never, NOTHING))).toBe("ERR_SOCKINFO_NOT_RELEASABLE");
});
