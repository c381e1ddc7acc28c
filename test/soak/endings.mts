// The ways in which a connection ends, each made by one client and known by the reason that the tracker must give.
import { once } from "node:events";
import http2, { type ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { CloseReason } from "sockinfo/connections";
import { get, overTls, plain, requestOf, type Act, type Over } from "./clients.mts";
import type { Kind, Served } from "./servers.mts";

export interface Ending {
  readonly kind: Kind;
  readonly name: string;
  readonly reason: CloseReason;
  /** One connection, from its beginning to the 'close' of this side. */
  run(served: Served): Promise<void>;
}

/** Of HTTP/1: what the client does when it is connected. `raw` is `client`, or is under its TLS. */
type Http1Client = (client: Socket, raw: Socket) => unknown;

const HTTP1: Readonly<Record<string, readonly [CloseReason, Http1Client]>> = {
  "client ends": ["client-end", async (client) => (await get(client, "/"), client.end())],
  "client ends, no request": ["client-end", (client) => client.end()],
  "client ends, no answer": ["client-end", (client) => client.end(requestOf("/hang"))],
  "server ends": ["server-end", (client) => client.write(requestOf("/end"))],
  "server destroys": ["server-destroy", (client) => client.write(requestOf("/destroy"))],
  "server destroys, raw": ["server-destroy", (client) => client.write(requestOf("/destroy-raw"))],
  timeout: ["timeout", (client) => client.write(requestOf("/timeout"))],
  "parse error": ["protocol-error", (client) => client.write("no HTTP\r\n\r\n")],
  upgrade: ["server-end", (client) => client.write(requestOf("/", "Connection: Upgrade\r\nUpgrade: soak\r\n"))],
};

/** Not for Unix sockets, which know no reset. */
const RESETS: typeof HTTP1 = {
  "client resets": ["client-reset", async (client, raw) => (await get(client, "/"), raw.resetAndDestroy())],
  "client resets, no request": ["client-reset", (_client, raw) => raw.resetAndDestroy()],
};

/** Before TLS is there. */
const HANDSHAKES: typeof HTTP1 = {
  "client ends the handshake": ["client-end", (client) => client.end()],
  "client resets the handshake": ["client-reset", (client) => client.resetAndDestroy()],
  "no TLS": ["tls-error", (client) => client.write(requestOf("/"))],
};

const HTTP2: Readonly<Record<string, readonly [CloseReason, (session: ClientHttp2Session, raw: Socket) => unknown]>> = {
  "client closes": ["client-end", async (session) => (await stream(session, "/"), session.close())],
  "client destroys": ["client-end", async (session) => (await stream(session, "/"), session.destroy())],
  "client resets": ["client-reset", async (session, raw) => (await stream(session, "/"), raw.resetAndDestroy())],
  "server closes": ["server-end", (session) => stream(session, "/end")],
  "server destroys": ["server-end", (session) => stream(session, "/destroy")],
  "server destroys, raw": ["server-destroy", (session) => stream(session, "/destroy-raw")],
  timeout: ["timeout", (session) => stream(session, "/timeout")],
};

export const ENDINGS: readonly Ending[] = [
  ...endings("http", { ...HTTP1, ...RESETS }, plain),
  ...endings("Unix", HTTP1, plain),
  ...endings("https", { ...HTTP1, ...RESETS }, overTls),
  ...endings("https", HANDSHAKES, plain),
  ...endings("h2c", HTTP2, overHttp2(false)),
  ...endings("h2", HTTP2, overHttp2(true)),
  ...endings("h2c", { "parse error": ["protocol-error", (client) => client.write("no HTTP\r\n".repeat(9))] }, plain),
];

function endings<Client>(
  kind: Kind,
  ways: Readonly<Record<string, readonly [CloseReason, Act<Client>]>>,
  over: Over<Client>,
): Ending[] {
  return Object.entries(ways).map(([name, [reason, act]]) => ({
    kind,
    name,
    reason,
    run: (served) => over(served, act),
  }));
}

function overHttp2(isSecure: boolean): Over<ClientHttp2Session> {
  return async (served, act) => {
    const raw = served.connect();
    const closed = new Promise((resolve) => raw.once("close", resolve));
    const secure = () => tls.connect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    const session = http2.connect(isSecure ? "https://localhost" : "http://localhost", {
      createConnection: () => (isSecure ? secure().on("error", () => {}) : raw),
    });
    session.on("error", () => {});
    await once(session, "remoteSettings");
    await act(session, raw);
    await closed;
  };
}

/** Until it has closed, in whatever way. */
function stream(session: ClientHttp2Session, path: string): Promise<void> {
  return new Promise((resolve) => {
    const request = session.request({ ":path": path });
    request.on("error", () => {});
    request.on("close", resolve);
    request.resume();
  });
}
