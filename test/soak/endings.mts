// The ways in which a connection ends. A client makes each, and the tracker must report its reason.
import { once } from "node:events";
import http2, { type ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { CloseReason } from "sockinfo/connections";
import { get, requestOf, runPlainClient, runTlsClient, type Action, type RunClient } from "./clients.mts";
import type { Kind, TrackedServer } from "./tracked-server.mts";

export interface Ending {
  readonly kind: Kind;
  readonly name: string;
  readonly reason: CloseReason;
  /** Makes one connection. Resolves when the client's side has closed. */
  run(server: TrackedServer): Promise<void>;
}

type EndingsOf<Client> = Readonly<Record<string, readonly [CloseReason, Action<Client>]>>;

const HTTP1: EndingsOf<Socket> = {
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

/** Unix sockets have no reset. */
const RESETS: EndingsOf<Socket> = {
  "client resets": ["client-reset", async (client, raw) => (await get(client, "/"), raw.resetAndDestroy())],
  "client resets, no request": ["client-reset", (_client, raw) => raw.resetAndDestroy()],
};

/** Endings before the TLS handshake is complete. */
const HANDSHAKES: EndingsOf<Socket> = {
  "client ends the handshake": ["client-end", (client) => client.end()],
  "client resets the handshake": ["client-reset", (client) => client.resetAndDestroy()],
  "no TLS": ["tls-error", (client) => client.write(requestOf("/"))],
};

const HTTP2: EndingsOf<ClientHttp2Session> = {
  "client closes": ["client-end", async (session) => (await stream(session, "/"), session.close())],
  "client destroys": ["client-end", async (session) => (await stream(session, "/"), session.destroy())],
  "client resets": ["client-reset", async (session, raw) => (await stream(session, "/"), raw.resetAndDestroy())],
  "server closes": ["server-end", (session) => stream(session, "/end")],
  "server destroys": ["server-end", (session) => stream(session, "/destroy")],
  "server destroys, raw": ["server-destroy", (session) => stream(session, "/destroy-raw")],
  timeout: ["timeout", (session) => stream(session, "/timeout")],
};

export const ENDINGS: readonly Ending[] = [
  ...endings("http", { ...HTTP1, ...RESETS }, runPlainClient),
  ...endings("Unix", HTTP1, runPlainClient),
  ...endings("https", { ...HTTP1, ...RESETS }, runTlsClient),
  ...endings("https", HANDSHAKES, runPlainClient),
  ...endings("h2c", HTTP2, http2ClientRunner(false)),
  ...endings("h2", HTTP2, http2ClientRunner(true)),
  ...endings(
    "h2c",
    { "parse error": ["protocol-error", (client) => client.write("no HTTP\r\n".repeat(9))] },
    runPlainClient,
  ),
];

function endings<Client>(kind: Kind, byName: EndingsOf<Client>, runClient: RunClient<Client>): Ending[] {
  return Object.entries(byName).map(([name, [reason, act]]) => ({
    kind,
    name,
    reason,
    run: (server) => runClient(server, act),
  }));
}

function http2ClientRunner(isSecure: boolean): RunClient<ClientHttp2Session> {
  return async (server, act) => {
    const raw = server.connect();
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

/** Makes a request. Resolves when the stream has closed, with or without an error. */
function stream(session: ClientHttp2Session, path: string): Promise<void> {
  return new Promise((resolve) => {
    const request = session.request({ ":path": path });
    request.on("error", () => {});
    request.on("close", resolve);
    request.resume();
  });
}
