// Clients of Node's own: hijackClientRequest() on every kind of connection, and HTTP/2 on the server that speaks both.
import { once } from "node:events";
import http, { type ClientRequest } from "node:http";
import http2, { type ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { hijackClientRequest } from "sockinfo/hijack";
import { immediate, type Random, sleep } from "./random.mts";
import { pathOf } from "./requests.mts";
import { note } from "./story.mts";
import { count } from "./tally.mts";
import { reset } from "./reset.mts";
import { isTls, type Misused } from "./servers.mts";

const CLIENT_LIMIT = 400;

/** Returns when the connection has closed. */
export async function takeOwn(misused: Misused, random: Random): Promise<void> {
  const wire = misused.connect();
  const closed = new Promise((resolve) => wire.once("close", resolve));
  const limit = setTimeout(() => wire.destroy(), CLIENT_LIMIT);
  const request = send(misused, wire, random);
  const taking = hijackClientRequest(request);
  void taking.then(
    ({ socket }) => own(socket, random),
    () => wire.destroy(),
  );
  if (random.chance(0.2)) await mistreat(request, wire, random);
  await closed;
  clearTimeout(limit);
}

function send(misused: Misused, wire: Duplex, random: Random): ClientRequest {
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

async function mistreat(request: ClientRequest, wire: Duplex, random: Random): Promise<void> {
  await random.pick([() => Promise.resolve(), immediate, () => sleep(3)])();
  const target = random.pick<{ destroy(error?: Error): unknown }>([request, wire]);
  target.destroy(random.chance(0.5) ? new Error("the client's") : undefined);
}

/** Listens for errors at once, later, or never. */
async function own(socket: Duplex, random: Random): Promise<void> {
  count("taken by the client");
  const when = random.below(3);
  if (when === 1) await sleep(3);
  if (when > 0) socket.on("error", () => {});
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

/** On the server with allowHTTP1, whose handler is refused. */
export async function speakHttp2(misused: Misused, random: Random): Promise<void> {
  const wire = misused.connect();
  const closed = new Promise((resolve) => wire.once("close", resolve));
  const limit = setTimeout(() => wire.destroy(), CLIENT_LIMIT);
  const stream = tls.connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  stream.on("error", () => {});
  const session = http2.connect("https://localhost", { createConnection: () => stream });
  session.on("error", () => {});
  for (let requests = 1 + random.below(3); requests > 0 && !session.destroyed; requests--) {
    const request = session.request({ ":path": pathOf(random) });
    request.on("error", () => {}).resume();
  }
  // Too early, it would be a client that only begins a handshake.
  await Promise.race([once(session, "remoteSettings").catch(() => {}), closed]);
  await sleep(random.below(30));
  const ending = random.pick(Object.keys(HTTP2_ENDINGS)) as keyof typeof HTTP2_ENDINGS;
  note(random.connection, ending);
  HTTP2_ENDINGS[ending](session, wire, stream);
  await closed;
  clearTimeout(limit);
}
