// Node's own clients: hijackClientRequest() on every kind of connection, and HTTP/2 on the server that speaks both.
import { once } from "node:events";
import http, { type ClientRequest } from "node:http";
import http2, { type ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep, setImmediate as immediate } from "node:timers/promises";
import tls from "node:tls";
import { hijackClientRequest } from "sockinfo/hijack";
import { actUntilClosed, type Choices, listenForErrors } from "./life.mts";
import { pathOf } from "./requests.mts";
import { note } from "./story.mts";
import { count } from "./tally.mts";
import { reset } from "./reset.mts";
import { isTls, type Misused } from "./servers.mts";

/** Returns when the connection has closed. */
export async function takeOwn(misused: Misused, random: Choices): Promise<void> {
  const wire = misused.connect();
  await actUntilClosed(wire, async () => {
    const request = send(misused, wire, random);
    const taking = hijackClientRequest(request);
    void taking.then(
      ({ socket }) => own(socket, random),
      () => wire.destroy(),
    );
    if (random.chance(0.2)) await mistreat(request, wire, random);
  });
}

function send(misused: Misused, wire: Duplex, random: Choices): ClientRequest {
  const stream = isTls(misused.kind) ? tls.connect({ socket: wire, rejectUnauthorized: false }) : wire;
  const hasBody = random.chance(0.3);
  const request = http.request({
    createConnection: () => stream,
    method: hasBody ? "POST" : "GET",
    path: pathOf(random),
    ...(random.chance(0.2) && { headers: { Connection: "Upgrade", Upgrade: "x" } }),
  });
  if (hasBody) request.write("body");
  return random.chance(0.9) ? request.end() : request;
}

async function mistreat(request: ClientRequest, wire: Duplex, random: Choices): Promise<void> {
  await random.pick([() => Promise.resolve(), immediate, () => sleep(3)])();
  const target = random.pick<{ destroy(error?: Error): unknown }>([request, wire]);
  target.destroy(random.chance(0.5) ? new Error("the client's") : undefined);
}

function own(socket: Duplex, random: Choices): void {
  count("taken by the client");
  void listenForErrors(socket, random);
  socket.resume().on("end", () => socket.end());
  if (random.chance(0.5)) socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  if (random.chance(0.3)) socket.destroy();
}

const HTTP2_ENDINGS = {
  close: (session: ClientHttp2Session) => session.close(),
  destroy: (session: ClientHttp2Session) => session.destroy(),
  destroyWire: (_session: ClientHttp2Session, wire: Duplex) => wire.destroy(),
  reset: (_session: ClientHttp2Session, wire: Duplex, stream: Duplex) => reset(wire, stream),
};

/** For the server with allowHTTP1. Its handler can't hijack requests of HTTP/2. */
export async function speakHttp2(misused: Misused, random: Choices): Promise<void> {
  const wire = misused.connect();
  await actUntilClosed(wire, (closed) => speakOver(wire, random, closed));
}

async function speakOver(wire: Socket, random: Choices, closed: Promise<unknown>): Promise<void> {
  const stream = tls.connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  stream.on("error", () => {});
  const session = http2.connect("https://localhost", { createConnection: () => stream });
  session.on("error", () => {});
  for (let requests = 1 + random.below(3); requests > 0 && !session.destroyed; requests--) {
    const request = session.request({ ":path": pathOf(random) });
    request.on("error", () => {}).resume();
  }
  // Before that, it would be a client that only begins a handshake.
  await Promise.race([once(session, "remoteSettings").catch(() => {}), closed]);
  await sleep(random.below(30));
  const ending = random.pick(Object.keys(HTTP2_ENDINGS)) as keyof typeof HTTP2_ENDINGS;
  note(random.connection, ending);
  HTTP2_ENDINGS[ending](session, wire, stream);
}
