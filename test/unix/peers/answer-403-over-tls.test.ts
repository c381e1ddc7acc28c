// A refused peer that gets its 403 over TLS: the handshake succeeds, but the server's listeners and trackers do not
// see it.
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { trackConnections } from "sockinfo/connections";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";
import { rejectUnauthorized, serverKinds } from "../helpers/server-kinds";
import { openToAll } from "../helpers/visitors";

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const self = { uids: [process.geteuid?.() ?? -1] };

/** The events for which Node waits for a callback, and the callback's place among the arguments. */
const CALLBACKS: Record<string, number> = { newSession: 2, resumeSession: 1, OCSPRequest: 2 };
const EVENTS = [
  "connection",
  "secureConnection",
  "keylog",
  "tlsClientError",
  "request",
  "session",
  ...Object.keys(CALLBACKS),
];

/** The events that the server's listeners see. */
function listen(server: net.Server): Set<string> {
  const heard = new Set<string>();
  for (const event of EVENTS) {
    server.on(event, (...parameters: unknown[]) => {
      heard.add(event);
      const callback = parameters[CALLBACKS[event] ?? -1] as ((error: null, result: null) => void) | undefined;
      callback?.(null, null);
    });
  }
  return heard;
}

interface Answer {
  readonly status: string | undefined;
  readonly certificate: string | undefined;
  readonly session: Buffer | undefined;
}

async function ask(path: string, options: tls.ConnectionOptions): Promise<Answer> {
  const socket = tls.connect({ path, rejectUnauthorized, ...options }).on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const kept: { session?: Buffer; certificate?: string } = {};
  socket.on("session", (session: Buffer) => void (kept.session = session));
  socket.on("secureConnect", () => void (kept.certificate = socket.getPeerCertificate().fingerprint256));
  socket.write(REQUEST);
  const answer = await text(socket).catch(() => "");
  return { status: answer.split("\r\n")[0], certificate: kept.certificate, session: kept.session };
}

describe.skipIf(lacks("openssl")).each(serverKinds("https", "h2"))("on a server of %s", (_kind, { create }) => {
  test.each(["TLSv1.2", "TLSv1.3"] as const)("no event of %s is emitted", async (maxVersion) => {
    // Without tickets, clients of TLS 1.2 ask for their session by its id.
    const { SSL_OP_NO_TICKET } = (await import("node:constants")) as { SSL_OP_NO_TICKET: number };
    const server = create(undefined, { maxVersion, secureOptions: SSL_OP_NO_TICKET });
    const heard = listen(server);
    const rule = { isOpen: true };
    allowPeers(server, { check: () => rule.isOpen }, { refuseWith: 403 });
    server.prependListener(
      "request",
      (_req, res: http.ServerResponse) => void res.writeHead(200, { connection: "close" }).end(),
    );
    const path = await openToAll(server);
    const options = { requestOCSP: true, servername: "a.example" };
    // An admitted peer shows which events there are.
    const { status, session } = await ask(path, options);
    expect(status).toBe("HTTP/1.1 200 OK");
    expect([...heard]).toEqual(expect.arrayContaining(["connection", "newSession", "OCSPRequest", "request"]));
    heard.clear();
    rule.isOpen = false;
    expect((await ask(path, options)).status).toBe("HTTP/1.1 403 Forbidden");
    expect((await ask(path, session ? { ...options, session } : options)).status).toBe("HTTP/1.1 403 Forbidden");
    expect([...heard]).toEqual([]);
    rule.isOpen = true;
    expect((await ask(path, session ? { ...options, session } : options)).status).toBe("HTTP/1.1 200 OK");
    expect([...heard]).toEqual(expect.arrayContaining(maxVersion === "TLSv1.2" ? ["resumeSession"] : ["OCSPRequest"]));
  });

  test("the peer gets the certificate for its server name", async () => {
    const other = makeCertificate();
    const server = create();
    (server as tls.Server).addContext("b.example", { ...other });
    const dynamic = create(undefined, {
      SNICallback: (_name, done) => done(null, tls.createSecureContext({ ...other })),
    });
    for (const each of [server, dynamic]) {
      allowPeers(each, {}, { refuseWith: 403 });
      const path = await openToAll(each);
      const named = await ask(path, { servername: "b.example" });
      expect([named.status, named.certificate !== undefined]).toEqual(["HTTP/1.1 403 Forbidden", true]);
      expect((await ask(path, {})).certificate).not.toBe(named.certificate);
    }
  });

  test.each(["gate", "tracker"])("a tracker does not see it, with the %s first", async (first) => {
    const server = create();
    const seen: string[] = [];
    const gate = () => allowPeers(server, {}, { refuseWith: 403 });
    const track = () =>
      trackConnections(server, { context: () => void seen.push("context") })
        .on("state", (_connection, _from, to) => seen.push(to))
        .on("closed", () => seen.push("closed"));
    if (first === "gate") gate();
    track();
    if (first === "tracker") gate();
    const path = await openToAll(server);
    expect((await ask(path, {})).status).toBe("HTTP/1.1 403 Forbidden");
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toEqual([]);
  });
});

test.each(serverKinds("http", "https"))(
  "a tracker of %s that begins while the peer is refused does not adopt it",
  async (_kind, { create }) => {
    const server = create();
    const gate = allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    const socket = net.connect({ path, allowHalfOpen: true }).on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(gate, "refused");
    const seen: string[] = [];
    const tracker = trackConnections(server, { context: () => void seen.push("context") });
    expect([tracker.size, seen]).toEqual([0, []]);
  },
);

test("an admitted peer is tracked", async () => {
  const server = http.createServer((_req, res) => void res.end());
  allowPeers(server, self, { refuseWith: 403 });
  const tracker = trackConnections(server);
  const socket = net.connect(await openToAll(server));
  onTestFinished(() => void socket.destroy());
  await once(tracker, "new");
  expect(tracker.size).toBe(1);
});
